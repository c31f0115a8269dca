using XePt.Fences;
using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>A countdown waits for two fences that two threads signal meanwhile. It completes once, after both, with an error that one of
/// them had.</summary>
public sealed class Countdown : Protocol
{
    private sealed class Work(Countdown owner) : FenceCountdown
    {
        public int Completed { get; private set; }

        protected override void Complete(Errno error)
        {
            Require(Quietly(() => owner._fences[0].IsSignalled && owner._fences[1].IsSignalled), "completes after all its fences");
            Require(error == Errno.EIO, "completes with the error of a fence");
            Completed++;
        }
    }

    private readonly Fence[] _fences = [new FenceTimeline("a").Next(), new FenceTimeline("b").Next()];
    private readonly LegPool _legs = new();
    private readonly Work _work;

    public Countdown() => _work = new Work(this);

    public override IReadOnlyList<Action> Threads => [Wait, () => _fences[0].TrySignal(Errno.EIO), () => _fences[1].TrySignal()];

    public override void CheckEnd() => Require(_work.Completed == 1, $"completed {_work.Completed} times");

    private void Wait()
    {
        _work.Begin();
        _work.Await(_fences[0], _legs);
        _work.Await(_fences[1], _legs);
        _work.End();
    }
}
