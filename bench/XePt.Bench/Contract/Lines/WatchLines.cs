using System.Diagnostics.Tracing;
using XePt.Diagnostics;

namespace XePt.Bench.Contract;

/// <summary>P11 and P12: what being ready to be watched costs, and that nothing managed is allocated.</summary>
internal static class WatchLines
{
    private const ulong Size4K = 4UL << 10;

    // Whoever allocates once in so many calls is found, too.
    private const int Window = 64;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            "P11", "bind + unbind 4 KiB, recorder on ÷ off", Goal.AtMost(1.05, floor: 1.15), () => Recorded(Size4K));
        yield return ContractLine.Of(
            "P11", "bind + unbind 2 MiB as 4K, recorder on ÷ off", Goal.AtMost(1.05, floor: 1.15), () => Recorded(2UL << 20));
        yield return new ContractLine(
            "P11", "bind + unbind 4 KiB, event source there and not enabled ÷ absent", Goal.AtMost(1.01), 0.03, EventSourceSwitch.Measure)
        {
            Elsewhere = Machine.IsAheadOfTime ? "fixed when a native program is made; bench/count.sh --check-events counts both" : null,
        };
        yield return ContractLine.OfFact("P12", "managed bytes of a bind + unbind", Goal.AtMost(0), BytesOfBinds);
        yield return ContractLine.OfFact("P12", "managed bytes of a fault", Goal.AtMost(0), BytesOfFaults);
        yield return ContractLine.OfFact("P12", "managed bytes of a translate", Goal.AtMost(0), BytesOfTranslates);
        yield return ContractLine.OfFact("P12", "managed bytes of a fence", Goal.AtMost(0), BytesOfFences);
    }

    private static PairCase Recorded(ulong size)
    {
        BindFixture on = Open(size), off = Open(size);
        on.Vm.File.Device.Recorder.Start(records: 1 << 12, EventLevel.Informational);
        return new PairCase(new Side(1, on.BindAndUnbind), new Side(1, off.BindAndUnbind), on, off);
    }

    private static BindFixture Open(ulong size)
    {
        var fixture = new BindFixture(size, Size4K, isVram: false);
        fixture.KeepTable();
        return fixture;
    }

    private static double BytesOfBinds()
    {
        using BindFixture fixture = Open(Size4K);
        return Allocations.OfOne(Window, fixture.BindAndUnbind);
    }

    private static double BytesOfFaults()
    {
        using var fixture = new MirrorFixture(Size4K, 256, migrates: false);
        fixture.Populate();
        return Allocations.OfOne(Window, fixture.Touch, before: fixture.Renew);
    }

    private static double BytesOfTranslates()
    {
        using BindFixture fixture = Open(Size4K);
        fixture.Bind();
        return Allocations.OfOne(Window, () => fixture.Vm.Translate(BindFixture.Va));
    }

    private static double BytesOfFences()
    {
        using var device = new XeDevice(Devices.XePlatforms.Bmg);
        return Allocations.OfOne(Window, () => device.CreateFence("bench").TrySignal());
    }
}
