using XePt.Diagnostics;
using XePt.Memory;
using XePt.Tests.Kit;

namespace XePt.Tests.Memory;

public class AllocationGateTests
{
    private readonly FailureInjector _failures = new();

    [Fact]
    public void Only_the_chosen_allocation_fails()
    {
        var gate = new AllocationGate(_failures);
        Assert.True(gate.Allow());
        _failures.Arm(FailurePoint.Allocation, skip: 2);
        Assert.Equal([true, true, false, true, true], Enumerable.Range(0, 5).Select(_ => gate.Allow()));
        _failures.Arm(FailurePoint.Allocation, skip: 1, times: 2);
        Assert.Equal([true, false, false, true, true], Enumerable.Range(0, 5).Select(_ => gate.Allow()));
    }

    [Fact]
    public void A_failure_of_the_device_meets_whichever_vm_comes_to_it()
    {
        (AllocationGate device, AllocationGate vm) = (new(_failures), new(_failures));
        using var count = new AllocationCount(_failures);
        _failures.Arm(FailurePoint.Allocation, skip: 2);
        Assert.Equal([true, true, false, true], [vm.Allow(), device.Allow(), vm.Allow(), vm.Allow()]);
        Assert.Equal(4, count.Value);
    }

    [Fact]
    public void What_undoes_is_neither_refused_nor_counted()
    {
        var undoing = new AllocationGate(_failures) { IsSuspended = true };
        using var count = new AllocationCount(_failures);
        _failures.Arm(FailurePoint.Allocation);
        Assert.True(undoing.Allow());
        Assert.Equal(0, count.Value);
        Assert.False(new AllocationGate(_failures).Allow());
    }

    [Fact]
    public void Parallel_allocations_meet_an_armed_failure_exactly_once()
    {
        _failures.Arm(FailurePoint.Allocation, skip: 10_000);
        int refused = 0;
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new AllocationGate(_failures)).Select(gate => new Thread(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                if (!gate.Allow())
                    Interlocked.Increment(ref refused);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal(1, refused);
    }

    [Fact]
    public void A_gate_without_a_device_lets_everything_pass() => Assert.True(new AllocationGate().Allow());
}
