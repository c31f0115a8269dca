using XePt.Tests.Evict;
using XePt.Tests.Userptr;
using XePt.Uapi;
using static XePt.Tests.Userptr.UserptrScene;

namespace XePt.Tests.Advice;

/// <summary>Advice in a preempt-fence VM whose queues run: they stop, entries go, and they go on (MADV-050, MADV-055).</summary>
public sealed class RunningQueueAdviceTests : IDisposable
{
    private const uint PreemptFence = 2;

    private readonly UserptrScene _scene = new(PreemptFence);
    private readonly FakeQueue _queue = new();

    public RunningQueueAdviceTests()
    {
        _scene.Vm.Context.Writer.Enter();
        _scene.Vm.Context.Preemption!.Add(_queue);
        _scene.Vm.Context.Writer.Exit();
    }

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("MADV-050")]
    [Rule("MADV-055")]
    public void The_queues_stop_for_the_zap_and_go_on_without_the_entries()
    {
        Assert.Equal(Old, _scene.Shown);
        Assert.Equal(Errno.Ok, Advise(pat: 3));
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.False(_scene.Vm.Translate(A).IsPresent);
        Assert.Equal(3, _scene.Vma.PatIndex);

        // A bind of its own brings them back; the same advice changes nothing any more.
        _scene.Do(UserptrScene.Userptr(VmBindFlags.Immediate));
        Assert.Equal(Old, _scene.Shown);
    }

    [Fact]
    [Rule("MADV-050")]
    [Rule("CON-014")]
    public void Nothing_is_taken_away_before_the_last_queue_has_stopped()
    {
        _queue.StopsAtOnce = false;
        Assert.Equal(Errno.Ok, Advise(pat: 3));
        Assert.Equal((Old, "suspend"), (_scene.Shown, Assert.Single(_queue.Log)));
        _queue.Stop();
        Assert.False(_scene.Vm.Translate(A).IsPresent);
        Assert.Equal(["suspend", "resume"], _queue.Log);
    }

    [Fact]
    [Rule("MADV-056")]
    public void Advice_that_changes_nothing_stops_no_queue()
    {
        Assert.Equal(Errno.Ok, Advise(pat: (uint)_scene.Vma.PatIndex));
        Assert.Empty(_queue.Log);
        Assert.Equal(Old, _scene.Shown);
    }

    private Errno Advise(uint pat) => _scene.File.Madvise(new DrmXeMadvise
    {
        VmId = _scene.Vm.Id,
        Start = A,
        Range = Size,
        Type = MemRangeAttr.Pat,
        PatIndex = new() { Val = pat },
    });
}
