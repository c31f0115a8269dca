namespace XePt.Native;

/// <summary>A TLB of the program's behind its handle.</summary>
/// <remarks>Concurrency: invalidations may come before the registration is known here; whoever acknowledges one waits for it, which only
/// has to be stored.</remarks>
internal sealed unsafe class NativeTlb : NativeObject, ITlbClient
{
    private readonly delegate* unmanaged<void*, InvalidationInfo*, void> _invalidate;
    private readonly void* _user;
    private TlbRegistration? _registration;

    public NativeTlb(TlbHub hub, int gt, delegate* unmanaged<void*, InvalidationInfo*, void> invalidate, void* user)
    {
        _invalidate = invalidate;
        _user = user;
        Handles.Add(this);
        try
        {
            Volatile.Write(ref _registration, hub.Register(gt, this));
        }
        catch
        {
            Handles.TryRemove(this);
            throw;
        }
    }

    /// <summary>Its place at the GT.</summary>
    public TlbRegistration Registration
    {
        get
        {
            TlbRegistration? registration;
            for (var spin = default(SpinWait); (registration = Volatile.Read(ref _registration)) is null;)
                spin.SpinOnce();
            return registration;
        }
    }

    /// <inheritdoc/>
    public void Invalidate(in TlbInvalidation invalidation)
    {
        // SAFETY: the list stays where it is during the callback, which is told that it ends then.
        fixed (ulong* list = invalidation.ReclaimList)
        {
            var info = new InvalidationInfo
            {
                Size = (uint)sizeof(InvalidationInfo),
                Gt = (uint)invalidation.Gt,
                Tlb = new TlbHandle(Handle),
                Seqno = invalidation.Seqno,
                WireSeqno = invalidation.WireSeqno,
                Start = invalidation.Range.Start,
                End = invalidation.Range.End,
                ShapedStart = invalidation.Shaped.Start,
                ShapedEnd = invalidation.Shaped.End,
                Vm = (uint)invalidation.Vm.Number,
                Asid = invalidation.Vm.Asid,
                Cause = (uint)invalidation.Cause,
                Flags = (uint)FlagsOf(invalidation),
                Reclaim = list,
                ReclaimCount = (uint)invalidation.ReclaimList.Length,
            };
            _invalidate(_user, &info);
        }
    }

    private static InvalidationFlags FlagsOf(in TlbInvalidation invalidation) =>
        (invalidation.IsFull ? InvalidationFlags.Full : 0)
        | (invalidation.IsSynchronous ? InvalidationFlags.Synchronous : 0)
        | (invalidation.HasReclaimList ? InvalidationFlags.ReclaimList : 0);
}
