using XePt.Fences;
using XePt.Uapi;

namespace XePt;

/// <summary>
/// A point on a <see cref="FenceTimeline"/>: it signals once, when the timeline reaches it, and stays signalled. A value of 16 bytes;
/// copying it costs nothing and it never dangles. The default value is the stub fence, which is signalled from the start.
/// </summary>
public readonly struct Fence : IEquatable<Fence>
{
    internal Fence(FenceTimeline timeline, ulong seqno) => (Timeline, Seqno) = (timeline, seqno);

    /// <summary>The stub fence: signalled, without error.</summary>
    public static Fence Signalled => default;

    /// <summary>The timeline, or null for the stub.</summary>
    internal FenceTimeline? Timeline { get; }

    /// <summary>The point, from 1; 0 for the stub.</summary>
    public ulong Seqno { get; }

    /// <summary>True once the timeline has reached the point; never false again after that.</summary>
    public bool IsSignalled => Timeline is null || Timeline.HasReached(Seqno);

    /// <summary>The error the fence was signalled with; Ok without one and while it is pending.</summary>
    public Errno Error => Timeline is null ? Errno.Ok : Timeline.ErrorOf(Seqno);

    /// <summary>Signals this very point, and with it every earlier one of its timeline.</summary>
    /// <param name="error">What went wrong, or Ok.</param>
    /// <returns>False when it had signalled before; nothing changes then, not even the error.</returns>
    public bool TrySignal(Errno error = Errno.Ok) => Timeline is not null && Timeline.TrySignal(Seqno, error);

    /// <summary>Calls back once when the fence signals, on the thread that signals it, before that thread's call returns; at once when it
    /// has signalled already.</summary>
    /// <remarks>The callback runs while the engine holds nothing, after all that the signal has caused inside the engine, so it may make
    /// any call. What its calls cause has happened when they return. When it throws, everything else is done first, then the exception goes
    /// on out of the call that signalled.</remarks>
    public void OnSignalled(Action<Errno> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (!TryAdd(new ActionCallback(callback)))
            callback(Error);
    }

    /// <summary>Awaits the fence without a task or a thread; the result is its error. Allocates nothing in a steady state.</summary>
    /// <remarks>The continuation runs where a callback of <see cref="OnSignalled"/> would.</remarks>
    public ValueTask<Errno> WaitAsync() => FenceAwaiter.Wait(this);

    /// <summary>Blocks the calling thread until the fence has signalled.</summary>
    /// <param name="timeout">Longest real time to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever. Zero polls.</param>
    /// <returns>True when it has signalled.</returns>
    public bool Wait(TimeSpan timeout) => IsSignalled || (timeout != TimeSpan.Zero && FenceBlocker.Wait(this, timeout));

    /// <summary>Blocks the calling thread until the fence has signalled, however long that takes.</summary>
    /// <returns>The error it was signalled with, or Ok.</returns>
    public Errno Wait()
    {
        Wait(Timeout.InfiniteTimeSpan);
        return Error;
    }

    /// <inheritdoc/>
    public bool Equals(Fence other) => ReferenceEquals(Timeline, other.Timeline) && Seqno == other.Seqno;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Fence other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Timeline, Seqno);

    /// <summary>Same timeline and point.</summary>
    public static bool operator ==(Fence left, Fence right) => left.Equals(right);

    /// <summary>Another timeline or point.</summary>
    public static bool operator !=(Fence left, Fence right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => Timeline is null ? "signalled" : $"{Timeline}:{Seqno}";

    /// <summary>Adds a callback; false, and the callback stays the caller's, when the fence has signalled already.</summary>
    internal bool TryAdd(FenceCallback callback) => Timeline is not null && Timeline.TryAdd(callback, Seqno);

    /// <summary>As <see cref="TryAdd"/>, but the fence of a line that only advances when somebody waits is not asked for.</summary>
    internal bool TryAddPassively(FenceCallback callback) => Timeline is not null && Timeline.TryAddPassively(callback, Seqno);

    /// <summary>True for the fence of a line that only advances when somebody waits: a preempt fence.</summary>
    internal bool IsOnDemand => Timeline?.Demanded is not null;

    /// <summary>Makes sure that the fence will signal without anybody waiting for it ("enable signalling", EVT-004).</summary>
    internal void Demand() => Timeline?.Demand(Seqno);

    private sealed class ActionCallback(Action<Errno> action) : FenceCallback, IThreadWork
    {
        private Errno _error;

        IThreadWork? IThreadWork.NextWork { get; set; }

        bool IThreadWork.IsOfClient => true;

        void IThreadWork.Run() => action(_error);

        protected override void Fire(Errno error)
        {
            _error = error;
            ThreadJobs.Own.Do(this);
        }
    }
}
