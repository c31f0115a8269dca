using XePt.Accesses;
using XePt.Faults;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <summary>An access that goes on by itself when its page faults are answered (<see cref="XeVm.BeginAccess"/>): while it waits, no thread
/// does. Dispose it to have what is behind it used again.</summary>
/// <remarks>Concurrency: any thread looks at it; one disposes it. It goes on where its page fault is answered: on a thread that pumps, or
/// that signals what the fault has waited for, inside no VM. A value, told by its fence from the accesses that use the same object after
/// it: so to dispose it twice gives up nobody else's.</remarks>
public readonly struct PendingAccess : IDisposable
{
    private readonly Flight? _flight;

    private PendingAccess(Flight flight, Fence completed) => (_flight, Completed) = (flight, completed);

    /// <summary>It is over.</summary>
    public bool IsCompleted => Completed.IsSignalled;

    /// <summary>Signals when it is over: to wait for it, or to await it (<see cref="Fence.WaitAsync"/>).</summary>
    public Fence Completed { get; }

    /// <summary>What became of it.</summary>
    /// <exception cref="InvalidOperationException">It is not over yet.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public GpuAccess Result => Ended.Result;

    /// <summary>What an atomic access has found; 0 for others.</summary>
    /// <exception cref="InvalidOperationException">It is not over yet.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ulong OldValue => Ended.OldValue;

    /// <summary>Gives it up if it is not over: its bytes are not touched any more. Not looked at afterwards.</summary>
    public void Dispose() => _flight?.End(Completed);

    /// <summary>For example <c>pending</c>, or what became of it.</summary>
    public override string ToString() =>
        !IsCompleted ? "pending" : _flight is { } flight && flight.Is(Completed) ? $"{Result}" : "disposed";

    internal static PendingAccess Begin(DeviceAccess device, in AccessRun run, Memory<byte> bytes)
    {
        Flight flight = device.RentFlight();
        return new PendingAccess(flight, flight.Begin(run, bytes));
    }

    private Flight Ended =>
        !IsCompleted ? throw new InvalidOperationException("the access is not over yet")
        : _flight is { } flight && flight.Is(Completed) ? flight
        : throw new ObjectDisposedException(nameof(PendingAccess));

    /// <summary>The access as the queue of faults knows it.</summary>
    /// <remarks>Concurrency: one page fault at a time, so one thread at a time goes on. It claims the flight for that time, and ending it
    /// waits for the claim, which is never held while anybody waits. The claim is one word with the number of the access: who ends another
    /// one finds that it is gone.</remarks>
    internal sealed class Flight(DeviceAccess device) : FaultOrigin, IThreadWork, IReturnable<Flight>
    {
        private const ulong Waiting = 0, Going = 1, Over = 2, GivenUp = 3;
        private const int StateBits = 2;

        private readonly FenceTimeline _line = new("access");
        private Flight? _next;
        private AccessRun _run;
        private Memory<byte> _bytes;
        private Rejection _why;
        private bool _isLost;
        private Fence _done;

        // One of the above, beside the number of the access.
        private ulong _state;

        public GpuAccess Result => _run.Result;

        public ulong OldValue => _run.Old;

        ref Flight? IReturnable<Flight>.NextReturned => ref _next;

        IThreadWork? IThreadWork.NextWork { get; set; }

        bool IThreadWork.IsOfClient => false;

        public Fence Begin(in AccessRun run, Memory<byte> bytes)
        {
            (_run, _bytes) = (run, bytes);
            Fence done = _done = _line.Next();
            Volatile.Write(ref _state, Now(Going));
            GoOn();
            return done;
        }

        /// <summary>It is still that access.</summary>
        public bool Is(Fence done) => Volatile.Read(ref _state) == ((done.Seqno << StateBits) | Over);

        /// <inheritdoc/>
        public override void Answered(in Rejection why) => Resume(why, isLost: false);

        /// <inheritdoc/>
        public override void Forgotten() => Resume(default, isLost: true);

        void IThreadWork.Run()
        {
            if (Interlocked.CompareExchange(ref _state, Now(Going), Now(Waiting)) != Now(Waiting))
            {
                Return();
                return;
            }

            _run.Answer(_why, _isLost);
            GoOn();
        }

        /// <summary>Ends an access, if it is that one still.</summary>
        public void End(Fence done)
        {
            ulong number = done.Seqno << StateBits;
            for (var spin = default(SpinWait); ; spin.SpinOnce())
            {
                ulong seen = Volatile.Read(ref _state), state = seen - number;
                if (state is not (Waiting or Going or Over))
                    return;
                if (state == Going || Interlocked.CompareExchange(ref _state, number | GivenUp, seen) != seen)
                    continue;
                if (state == Over)
                    Return();
                return;
            }
        }

        private ulong Now(ulong state) => (_done.Seqno << StateBits) | state;

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
            Volatile.Write(ref _state, Now(Waiting));
            // From here on the answer may come on another thread.
            if (!device.TryRaise(fault, this))
                Forgotten();
        }

        private void Finish(Fence done)
        {
            Volatile.Write(ref _state, Now(Over));
            done.TrySignal();
        }

        private void Return()
        {
            (_run, _bytes) = (default, default);
            device.Return(this);
        }
    }
}
