using XePt.Fences;
using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>What happens to an engine queue while a thread is giving its job to the sink.</summary>
public enum Meanwhile
{
    /// <summary>The queue is reset.</summary>
    Ends,

    /// <summary>The queue is stopped.</summary>
    Stops,

    /// <summary>The queue is stopped and goes on.</summary>
    StopsAndGoesOn,

    /// <summary>The sink completes the job as soon as it has it.</summary>
    Completes,
}

/// <summary>
/// A fence makes a job ready, so that a thread is inside the sink's Submit, while another ends or stops the queue, or completes the job.
/// The sink is asked to stop a job, or told that it was cancelled, only when it has it, and then once; it keeps no job that is over, and
/// the fences of job and stop signal once with the right error.
/// </summary>
/// <remarks>The line of jobs and its states are production code (<see cref="QueueWorld"/>); the sink is the protocol's. It has a job from
/// the end of Submit on, as a sink that puts it into a list there.</remarks>
public sealed class InsideSubmit : Protocol, IPreemptibleSink
{
    private readonly Meanwhile _meanwhile;
    private readonly QueueWorld _world;
    private readonly FenceTimeline _before = new("before");
    private readonly XeJob _job;
    private readonly Fence _done;
    private Fence _stop;
    private int _has, _submitted, _cancelled;
    private ulong _arrived;
    private bool _hasCompleted;

    public InsideSubmit(Meanwhile meanwhile)
    {
        _meanwhile = meanwhile;
        _world = new QueueWorld(this);
        _job = _world.Append(_before.Next());
        _done = _job.Fence;
    }

    public override IReadOnlyList<Action> Threads => [() => _before.At(1).TrySignal(), Disturb];

    public void Submit(XeJob job)
    {
        Require(Volatile.Read(ref _has) == 0, "the sink is given a job once");
        _submitted++;
        Volatile.Write(ref _has, 1);
        Volatile.Write(ref _arrived, 1UL);
    }

    public void Cancelled(XeJob job)
    {
        Require(Interlocked.Exchange(ref _has, 0) == 1, "the sink is told of the end of a job that it has");
        _cancelled++;
    }

    public bool TryPreempt(XeJob job)
    {
        Require(Interlocked.Exchange(ref _has, 0) == 1, "the sink is asked to stop a job that it has");
        return true;
    }

    public override void CheckEnd()
    {
        bool isOver = _meanwhile is Meanwhile.Ends or Meanwhile.Completes;
        Require(_done.IsSignalled == isOver, $"the job is over: {_done.IsSignalled}");
        Require(_world.Queue.Count == (isOver ? 0 : 1), $"{_world.Queue.Count} jobs are left");
        Require(_has == (_meanwhile == Meanwhile.StopsAndGoesOn ? 1 : 0), $"the sink keeps {_has} jobs");
        switch (_meanwhile)
        {
            case Meanwhile.Ends:
                Require(_cancelled == _submitted, $"submitted {_submitted} times, cancelled {_cancelled} times");
                Require(_done.Error == (_submitted > 0 ? Errno.ETIME : Errno.ECANCELED), $"the job's error is {_done.Error}");
                break;
            case Meanwhile.StopsAndGoesOn:
                // The queue may go on before the sink has given the job back; then it stops when that is over.
                Require(_job.Complete() && _done.IsSignalled && _stop.IsSignalled, "the queue has stopped");
                break;
            case Meanwhile.Stops:
                Require(_stop.IsSignalled, "the queue has stopped");
                break;
            case Meanwhile.Completes:
                Require(_hasCompleted && _cancelled == 0 && _done.Error == Errno.Ok, "the job has completed");
                break;
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Disturb()
    {
        switch (_meanwhile)
        {
            case Meanwhile.Ends:
                _world.Queue.End(Errno.ETIME);
                break;
            case Meanwhile.Completes:
                Await.Change(ref _arrived, 0);
                Volatile.Write(ref _has, 0);
                _hasCompleted = _job.Complete();
                break;
            default:
                _stop = _world.Queue.Stop();
                if (_meanwhile == Meanwhile.StopsAndGoesOn)
                    _world.Queue.Continue();
                break;
        }
    }
}
