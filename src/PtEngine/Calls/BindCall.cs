using System.Runtime.CompilerServices;
using XePt.Commit;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Calls;

/// <summary>
/// One call on a VM, from its first check to its fence: everything that belongs to the call and to nothing else. A VM has one such object,
/// which each call begins and ends (<c>Pipeline/Vm/VmEntry</c>); between calls it shows what became of the last one.
/// </summary>
/// <remarks>Concurrency: belongs to whoever is inside the VM. Jobs on other threads hold the updates that they write and nothing else of
/// the call.</remarks>
internal sealed class BindCall : RefusalSink, IDisposable
{
    private readonly VmJobs _jobs;
    private readonly BindQueue _defaultQueue;
    private readonly BoTable _bos;
    private readonly UserFenceTable _userFences;
    private readonly FailureInjector _injector;
    private readonly DeviceWatch _watch;
    private FailurePoint _forced;
    private int _watched;

    public BindCall(
        VmJobs jobs, BoTable bos, UserFenceTable userFences, FailureInjector injector, DeviceWatch watch, AllocationGate gate)
    {
        (_jobs, _bos, _userFences, _injector, _watch) = (jobs, bos, userFences, injector, watch);
        Requests = new UnmanagedList<BindRequest>(gate, initialCapacity: 8);
        Ops = new UnmanagedList<GpuvaOp>(gate, initialCapacity: 8);
        Queue = _defaultQueue = jobs.DefaultQueue;
        Tiles = jobs.Current;
    }

    /// <summary>Tells the calls of a VM apart; VMAs are marked with it (<see cref="Vma.Call"/>). Wraps after 2^32 calls, long after the
    /// mark has lost its meaning.</summary>
    public uint Number { get; private set; }

    /// <summary>The bind ops, validated and resolved; each that still names a BO holds a reference of it.</summary>
    public UnmanagedList<BindRequest> Requests;

    /// <summary>BO references that requests hold.</summary>
    public int HeldBos { get; set; }

    /// <summary>The sync entries.</summary>
    public SyncEntries Syncs = new();

    /// <summary>Pending fences that the call waits for.</summary>
    public FenceSet InFences { get; } = new();

    /// <summary>The user fence of the call, or 0.</summary>
    public int UserFence { get; private set; }

    /// <summary>The bind queue.</summary>
    public BindQueue Queue { get; set; }

    /// <summary>The GPUVA ops.</summary>
    public UnmanagedList<GpuvaOp> Ops;

    /// <summary>What parsing them has come to.</summary>
    public ParseState Parsing;

    /// <summary>What is staged, one update per tile. A job may hold one after the call.</summary>
    public TileUpdate[] Tiles { get; }

    /// <summary>Pending table writes; the parts of <see cref="Done"/>.</summary>
    public FenceSet Parts { get; } = new();

    /// <summary>Signals when the call is complete: entries written, TLBs flushed.</summary>
    public Fence Done { get; set; }

    /// <summary>How far the call came.</summary>
    public CallStage Reached { get; set; }

    /// <summary>Begins a call. What the last one left to look at is forgotten.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin()
    {
        Number++;
        Ops.Clear();
        Parsing.Begin(Number);
        // References are written only when they change: each write costs a barrier.
        if (!ReferenceEquals(Queue, _defaultQueue))
            Queue = _defaultQueue;
        if (Why.IsRejected)
            Pardon();
        Reached = CallStage.Begun;
        _forced = FailurePoint.None;
        _watched = _watch.Bits;
    }

    /// <summary>Makes the updates ready for work of the call that is submitted on its own: those in flight are replaced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginSubmission()
    {
        _jobs.BeginUpdates();
        if (Parts.Count > 0)
            Parts.Clear();
        if (Done.Seqno != 0)
            Done = Fence.Signalled;
    }

    /// <summary>The call is over, whatever became of it: what it held is let go of. It may be called again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void End()
    {
        if (HeldBos > 0)
            DropBos();
        Requests.Clear();
        if (Syncs.Count > 0)
            DropSyncs();
    }

    /// <summary>Makes the user fence of the call unless it has one.</summary>
    /// <returns>False when memory could not be had.</returns>
    public bool TryMakeUserFence()
    {
        if (UserFence == 0)
            UserFence = _userFences.TryCreate();
        return UserFence != 0;
    }

    /// <summary>An op asks for a failure: the call fails at the next place of the rotation (BIND-220).</summary>
    public void ForceFailure()
    {
        _forced = _injector.NextForced();
        _watched = DeviceWatch.WithFailures(_watched);
    }

    /// <summary>Something is armed, so places have to be asked about.</summary>
    public bool MayFail => DeviceWatch.HasFailures(_watched);

    /// <summary>Nobody watches, and nothing is armed.</summary>
    public bool IsUnwatched => _watched == 0;

    /// <summary>A recorder that keeps no stages watches, and nothing else does.</summary>
    public bool IsRecordedOnly => DeviceWatch.HasRecorderOnly(_watched);

    /// <summary>Somebody wanted events when the call began.</summary>
    public bool IsRecorded => DeviceWatch.HasEvents(_watched);

    /// <summary>Somebody wanted those of every stage.</summary>
    public bool IsTraced => DeviceWatch.HasDetails(_watched);

    /// <summary>True when a place on the road must fail now: an op of the call asks for it, or the embedder has armed it.</summary>
    public bool Fails(FailurePoint point) => MayFail && (_forced == point || _injector.Fires(point));

    /// <summary>What a place must fail with now because it is armed, or Ok.</summary>
    /// <param name="point">The place.</param>
    /// <param name="own">What it fails with by itself.</param>
    public Errno Fires(FailurePoint point, Errno own) => MayFail ? _injector.Fires(point, own) : Errno.Ok;

    public void Dispose()
    {
        Requests.Dispose();
        Ops.Dispose();
    }

    private void DropBos()
    {
        foreach (ref readonly BindRequest request in Requests.Items)
        {
            if (request.HoldsBo)
                _bos.DropReference(request.Bo);
        }

        HeldBos = 0;
    }

    private void DropSyncs()
    {
        if (UserFence != 0)
            _userFences.DropReference(UserFence);
        UserFence = 0;
        Syncs.Clear();
        InFences.Clear();
    }
}
