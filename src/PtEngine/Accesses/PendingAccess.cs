using XePt.Accesses;
using XePt.Faults;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <summary>An access that goes on by itself when its page faults are answered (<see cref="XeVm.BeginAccess"/>): while it waits, no thread
/// does. Dispose it to have the object used again.</summary>
/// <remarks>Concurrency: any thread looks at it; one disposes it. It goes on where its page fault is answered: on a thread that pumps, or
/// that signals what the fault has waited for, inside no VM.</remarks>
public sealed class PendingAccess : IDisposable
{
    private readonly Flight _flight;

    internal PendingAccess(DeviceAccess device) => _flight = new Flight(this, device);

    /// <summary>It is over.</summary>
    public bool IsCompleted => Completed.IsSignalled;

    /// <summary>Signals when it is over: to wait for it, or to await it (<see cref="Fence.WaitAsync"/>).</summary>
    public Fence Completed { get; private set; }

    /// <summary>What became of it.</summary>
    /// <exception cref="InvalidOperationException">It is not over yet.</exception>
    public GpuAccess Result => IsCompleted ? _flight.Result : throw new InvalidOperationException("the access is not over yet");

    /// <summary>What an atomic access has found; 0 for others.</summary>
    /// <exception cref="InvalidOperationException">It is not over yet.</exception>
    public ulong OldValue => IsCompleted ? _flight.OldValue : throw new InvalidOperationException("the access is not over yet");

    /// <summary>Gives it up if it is not over, and the object back: its bytes are not touched any more. Not looked at afterwards.</summary>
    public void Dispose() => _flight.End();

    /// <summary>For example <c>pending</c>, or what became of it.</summary>
    public override string ToString() => IsCompleted ? $"{Result}" : "pending";

    /// <summary>What is used again.</summary>
    internal Flight InFlight => _flight;

    internal static PendingAccess Begin(DeviceAccess device, in AccessRun run, Memory<byte> bytes)
    {
        Flight flight = device.RentFlight();
        flight.Owner.Completed = flight.Begin(run, bytes);
        return flight.Owner;
    }

    /// <summary>The access as the queue of faults knows it.</summary>
    /// <remarks>Concurrency: one page fault at a time, so one thread at a time goes on. It claims the flight for that time, and ending it
    /// waits for the claim, which is never held while anybody waits.</remarks>
    internal sealed class Flight(PendingAccess owner, DeviceAccess device) : FaultOrigin, IThreadWork, IReturnable<Flight>
    {
        private const int Waiting = 0, Going = 1, Over = 2, GivenUp = 3;

        private readonly FenceTimeline _line = new("access");
        private Flight? _next;
        private AccessRun _run;
        private Memory<byte> _bytes;
        private Rejection _why;
        private bool _isLost;
        private Fence _done;
        private int _state;

        public PendingAccess Owner => owner;

        public GpuAccess Result => _run.Result;

        public ulong OldValue => _run.Old;

        ref Flight? IReturnable<Flight>.NextReturned => ref _next;

        IThreadWork? IThreadWork.NextWork { get; set; }

        bool IThreadWork.IsOfClient => false;

        public Fence Begin(in AccessRun run, Memory<byte> bytes)
        {
            (_run, _bytes) = (run, bytes);
            Fence done = _done = _line.Next();
            Volatile.Write(ref _state, Going);
            GoOn();
            return done;
        }

        /// <inheritdoc/>
        public override void Answered(in Rejection why) => Resume(why, isLost: false);

        /// <inheritdoc/>
        public override void Forgotten() => Resume(default, isLost: true);

        void IThreadWork.Run()
        {
            if (Interlocked.CompareExchange(ref _state, Going, Waiting) != Waiting)
            {
                Return();
                return;
            }

            _run.Answer(_why, _isLost);
            GoOn();
        }

        public void End()
        {
            for (var spin = default(SpinWait); ; spin.SpinOnce())
            {
                int state = Volatile.Read(ref _state);
                if (state == GivenUp)
                    return;
                if (state == Going || Interlocked.CompareExchange(ref _state, GivenUp, state) != state)
                    continue;
                if (state == Over)
                    Return();
                return;
            }
        }

        private void Resume(in Rejection why, bool isLost)
        {
            (_why, _isLost) = (why, isLost);
            ThreadJobs.Own.Do(this);
        }

        private void GoOn()
        {
            Fence done = _done;
            bool isOver = true;
            try
            {
                isOver = _run.TryFinish(device, _bytes.Span);
            }
            catch
            {
                // A memory of the embedder's has thrown: nobody knows its bytes.
                _run.End(GpuAccessStatus.NoMemory);
                Finish(done);
                throw;
            }

            if (isOver)
            {
                Finish(done);
                return;
            }

            _run.Raised();
            GpuFault fault = _run.Fault;
            Volatile.Write(ref _state, Waiting);
            // From here on the answer may come on another thread.
            if (!device.TryRaise(fault, this))
                Forgotten();
        }

        private void Finish(Fence done)
        {
            Volatile.Write(ref _state, Over);
            done.TrySignal();
        }

        private void Return()
        {
            (_run, _bytes) = (default, default);
            device.Return(this);
        }
    }
}
