using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics.Events;

/// <summary>The counters that <c>dotnet-counters</c> shows of the event source.</summary>
[Collection(nameof(EventCapture))]
public class PollingCounterTests
{
    [Fact]
    public void Every_counter_is_polled_and_is_the_sum_over_all_devices()
    {
        using var scene = new BindScene();
        using var other = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 2 << 20), BindScene.A, 2 << 20, flags: VmBindFlags.Immediate));
        other.Do(Op.Map(other.Bo("X", 2 << 20), BindScene.A, 2 << 20, flags: VmBindFlags.Immediate));
        other.Do(Op.Unmap(BindScene.A, 2 << 20));

        // Devices that other tests have left may be collected meanwhile, which makes sums less; nobody adds to them.
        Dictionary<string, double> before = Sums();
        Dictionary<string, double> polled = EventCapture.Counters(CounterNames.All);
        Dictionary<string, double> after = Sums();
        Assert.Equal(CounterNames.All.Order(), polled.Keys.Order());
        Assert.All(polled, counter => Assert.InRange(counter.Value, after[counter.Key], before[counter.Key]));
        Assert.True(polled["vm_commits"] >= 3 && polled["vms"] >= 2, $"{polled["vm_commits"]} commits, {polled["vms"]} VMs");
    }

    private static Dictionary<string, double> Sums() => CounterNames.All.ToDictionary(name => name, EngineMeters.Sum);
}
