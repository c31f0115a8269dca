using XePt.Diagnostics;
using XePt.Faults;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>Two threads raise faults of one queue while the GT is reset. Each fault is answered once, or forgotten by the reset, never
/// both and never neither; one that its thread services at once is not met by the reset.</summary>
public sealed class RaiseAndReset : Protocol, IGpuFaultSink
{
    private readonly MirrorWorld _world = new(isDiscrete: false);
    private readonly FaultIntake _intake;
    private readonly int[] _answers = new int[2];
    private readonly bool _isPutOff;
    private int _forgotten;

    /// <param name="isPutOff">The first thread is in the middle of a change: its fault waits in the ring.</param>
    public RaiseAndReset(bool isPutOff)
    {
        _isPutOff = isPutOff;
        _intake = new FaultIntake(_world.Platform, new AllVms(), _world.Device, _world.Clock, _world.Scheduler, sink: this)
        {
            Watch = new DeviceWatch("raise and reset"),
        };
    }

    public override IReadOnlyList<Action> Threads => [_isPutOff ? RaiseInChange : () => Raise(0), RaiseAndSquash];

    public override void CheckEnd()
    {
        Require(_answers[0] <= 1 && _answers[1] <= 1, $"answered {_answers[0]} and {_answers[1]} times");
        Require(_answers[0] + _answers[1] + _forgotten == 2, $"{_answers[0] + _answers[1]} answered, {_forgotten} forgotten");
    }

    /// <inheritdoc/>
    public void Reply(in GpuFaultReply reply) => Interlocked.Increment(ref _answers[reply.Fault.ProducerData]);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    // Nacked by its level, so that nothing but the queue is under test.
    private void Raise(int number) => _intake.Raise(new GpuFault { Level = GpuFault.NackLevel, ProducerData = (ushort)number });

    private void RaiseInChange()
    {
        ThreadJobs.Own.BeginChange();
        Raise(0);
        ThreadJobs.Own.EndChange();
        ThreadJobs.Own.RunIfFree();
    }

    private void RaiseAndSquash()
    {
        Raise(1);
        _forgotten = _intake.Squash(0);
    }
}
