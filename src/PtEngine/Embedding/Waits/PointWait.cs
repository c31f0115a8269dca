using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>A wait for any or all of some points of syncobjs (DRM-013 to DRM-018).</summary>
internal sealed class PointWait(XeDevice device) : PendingWait(device), IReturnable<PointWait>
{
    /// <summary>What <c>first_signaled</c> is when no object was done at the start of a wait for all.</summary>
    public const uint None = uint.MaxValue;

    private SyncWaiter[] _waiters = [];
    private int _count;
    private SyncobjWaitFlags _flags;
    private PointWait? _nextReturned;

    public ref PointWait? NextReturned => ref _nextReturned;

    /// <summary>Index of an object that was done (DRM-014), or <see cref="None"/>.</summary>
    public uint First { get; private set; }

    /// <summary>What is pending of the only point of a wait that has ended.</summary>
    public FenceSet Pending => _waiters[0].Pending;

    public override Rejection TimedOut => Refusals.SyncobjWaitTimedOut((ulong)Deadline);

    public override Rejection NeverEnds => Refusals.SyncobjWaitNeverEnds((ulong)Deadline);

    private bool Waits(SyncobjWaitFlags flag) => (_flags & flag) != 0;

    /// <summary>Begins the wait that a call asks for.</summary>
    /// <param name="client">Who waits.</param>
    /// <param name="args">The call.</param>
    /// <param name="handles">The handles; fewer than the call says could not be read.</param>
    /// <param name="points">The points, likewise.</param>
    /// <param name="wait">The wait, or null after a refusal.</param>
    public static Rejection Prepare(
        XeFile client, in DrmSyncobjTimelineWait args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points, out PointWait? wait)
    {
        wait = null;
        Rejection why = SyncobjList.Find(args.RefuseHandles(handles.Length), client.Syncobjs, handles, out SyncobjList syncs);
        if (!why.IsRejected)
            why = args.RefusePoints(points.Length);
        if (!why.IsRejected)
        {
            wait = client.Device.Waits.Syncobjs.Rent() ?? new PointWait(client.Device);
            why = wait.Aim(client, syncs.Items, args.Points == 0 ? [] : points, args.Flags, Math.Max(0, args.TimeoutNsec));
        }

        syncs.Return();
        if (!why.IsRejected)
            return why;
        wait?.Recycle();
        wait = null;
        return why;
    }

    /// <summary>Waits, blocking.</summary>
    /// <param name="first">Receives the index of an object that was done, unless the wait fails.</param>
    public Rejection Run(ref uint first)
    {
        Rejection why = DeviceWait.Run(this);
        first = why.IsRejected ? first : First;
        Recycle();
        return why;
    }

    /// <summary>Takes the objects in; refuses a point that is not there unless the flags say to wait for it.</summary>
    /// <param name="client">Who waits.</param>
    /// <param name="syncs">The objects.</param>
    /// <param name="points">A point for each; empty for all 0.</param>
    /// <param name="flags">Any or all, and what to do about missing points.</param>
    /// <param name="deadline">When to give up.</param>
    public Rejection Aim(XeFile client, ReadOnlySpan<SyncObject> syncs, ReadOnlySpan<ulong> points, SyncobjWaitFlags flags, long deadline)
    {
        Begin(client, deadline);
        (First, _flags) = (None, flags);
        Reserve(syncs.Length);
        for (; _count < syncs.Length; _count++)
        {
            SyncWaiter waiter = _waiters[_count];
            waiter.Aim(syncs[_count], points.IsEmpty ? 0 : points[_count]);
            bool waits = Waits(SyncobjWaitFlags.ForSubmit | SyncobjWaitFlags.Available);
            syncs[_count].Subscribe(waiter, untilItArrives: waits);
            if (!waits && !waiter.IsThere)
            {
                waiter.Close();
                return Refusals.SyncobjHasNothingToWaitFor(waiter.Point) with { SyncIndex = _count };
            }

            if (First == None && IsDone(waiter))
                First = (uint)_count;
        }

        return default;
    }

    protected override bool IsMet()
    {
        int done = 0;
        for (int i = 0; i < _count; i++)
        {
            if (!IsDone(_waiters[i]))
                continue;
            if (!Waits(SyncobjWaitFlags.All))
            {
                First = (uint)i;
                return true;
            }

            done++;
        }

        return done == _count;
    }

    protected override void ReturnToPool()
    {
        while (_count > 0)
            _waiters[--_count].Close();
        Device.Waits.Syncobjs.Return(this);
    }

    /// <summary>For all, one missing object is enough: nothing can be over before that one is.</summary>
    protected override bool WatchAll()
    {
        for (int i = 0; i < _count; i++)
        {
            if (IsDone(_waiters[i]))
                continue;
            if (!Watch(_waiters[i]))
                return false;
            if (Waits(SyncobjWaitFlags.All))
                break;
        }

        return true;
    }

    private bool Watch(SyncWaiter waiter)
    {
        if (waiter.IsThere)
            return waiter.Pending.Count > 0 && Watch(waiter.Pending.Fences[^1]);
        return Watch(waiter.Object!.NextArrival);
    }

    private bool IsDone(SyncWaiter waiter) => waiter.IsThere && (Waits(SyncobjWaitFlags.Available) || waiter.Pending.HaveSignalled());

    private void Reserve(int count)
    {
        int made = _waiters.Length;
        if (made >= count)
            return;
        Array.Resize(ref _waiters, Math.Max(count, Math.Max(4, made * 2)));
        for (; made < _waiters.Length; made++)
            _waiters[made] = new SyncWaiter();
    }
}
