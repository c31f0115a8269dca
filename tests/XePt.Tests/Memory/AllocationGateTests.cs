using XePt.Memory;
using XePt.Tests.Concurrency;

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

    [Fact]
    public void A_failure_armed_at_the_device_meets_whichever_vm_comes_to_it()
    {
        var device = new AllocationGate();
        AllocationGate first = device.OpenChild();
        AllocationGate second = device.OpenChild();
        Assert.True(first.Allow());
        device.FailAfter(2);
        Assert.Equal([true, true, false, true], [first.Allow(), device.Allow(), second.Allow(), second.Allow()]);
        Assert.Equal(5, device.Count);
        device.CloseChild(first);
        Assert.Equal(5, device.Count);
        device.Reset();
        Assert.Equal(0, device.Count);
    }

    [Fact]
    public void Suspending_one_vm_leaves_the_others_armed()
    {
        var device = new AllocationGate();
        AllocationGate undoing = device.OpenChild();
        AllocationGate other = device.OpenChild();
        device.FailAfter(0);
        undoing.IsSuspended = true;
        Assert.True(undoing.Allow());
        Assert.False(other.Allow());
        Assert.Equal(1, device.Count);
    }

    [Fact]
    public void Parallel_allocations_meet_an_armed_failure_exactly_once()
    {
        var device = new AllocationGate();
        AllocationGate[] gates = [device.OpenChild(), device.OpenChild(), device.OpenChild()];
        device.FailAfter(10_000);
        int refused = 0;
        Thread[] threads = [.. gates.Select(gate => new Thread(() =>
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
        Assert.Equal((1, 30_000), (refused, device.Count));
    }

    [Fact]
    public void Children_come_and_go_on_many_threads_and_every_allocation_stays_counted()
    {
        const int Threads = 3, Rounds = 150_000, Children = 4;
        var device = new AllocationGate();
        Together.Run([.. Enumerable.Repeat(() =>
        {
            var children = new AllocationGate[Children];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < Children; i++)
                    children[i] = device.OpenChild();
                foreach (AllocationGate child in children)
                {
                    child.Allow();
                    device.CloseChild(child);
                }

                Assert.True(device.Count >= round);
            }
        }, Threads)]);
        Assert.Equal(Threads * Rounds * Children, device.Count);
    }
}
