using XePt.Memory;

namespace XePt.Tests.Memory;

public class AllocationGateTests
{
    [Fact]
    public void Only_the_chosen_allocation_fails_and_all_are_counted()
    {
        var gate = new AllocationGate();
        Assert.True(gate.Allow());
        gate.FailAfter(2);
        Assert.Equal([true, true, false, true, true], Enumerable.Range(0, 5).Select(_ => gate.Allow()));
        Assert.Equal(6, gate.Count);
    }

    [Fact]
    public void Reset_disarms_and_restarts_the_count()
    {
        var gate = new AllocationGate();
        gate.FailAfter(0);
        gate.Reset();
        Assert.Equal(0, gate.Count);
        Assert.True(gate.Allow());
    }
}
