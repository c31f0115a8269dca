using System.Numerics;
using XePt.Clocks;
using XePt.Devices;
using XePt.Fences;
using XePt.Tlb;

namespace XePt;

/// <summary>
/// The TLB side of a device: invalidations go in, TLB models and simulators register as clients of a GT and acknowledge them (PT-176 to
/// PT-187, HST-031).
/// </summary>
/// <remarks>Safe on any number of threads; see <see cref="TlbPort"/> for the argument.</remarks>
public sealed class TlbHub
{
    /// <summary>Nanoseconds of the device's clock after which a pending invalidation has timed out, transport delay not counted
    /// (PT-185).</summary>
    public const long TimeoutNs = 250_000_000;

    private readonly TlbPort?[] _ports;
    private readonly AsidTable? _asids;
    private readonly int _gtsPerTile;
    private int _vms;
    private readonly XeClock _clock;
    private readonly ExpiryTimer _timer;

    internal TlbHub(PlatformInfo platform, XeClock clock)
    {
        (_clock, _timer) = (clock, new ExpiryTimer(this));
        GtMask = platform.GtMask;
        _ports = new TlbPort?[32 - BitOperations.LeadingZeroCount(GtMask)];
        (_gtsPerTile, Tallies) = (platform.GtSlotsPerTile, new TlbVmTallies(platform.TileCount));
        for (int gt = 0; gt < _ports.Length; gt++)
            _ports[gt] = (GtMask >> gt & 1) != 0 ? new TlbPort(gt, platform.HasRangeTlbInvalidation) : null;
        _asids = platform.HasAsid ? new AsidTable() : null;
    }

    /// <summary>Bit g is set when GT g exists.</summary>
    public uint GtMask { get; }

    /// <summary>What a message needs to reach the firmware, or its answer to come back, in nanoseconds of the device's clock
    /// (PT-185).</summary>
    public long TransportDelayNs { get; set; }

    /// <summary>Real time that a zap waits for its acknowledgement before it takes it as timed out; infinite is allowed.</summary>
    public TimeSpan WaitLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Makes a client get every invalidation of a GT from now on. It must not hold any translation yet.</summary>
    /// <param name="gt">GT id.</param>
    /// <param name="client">The client.</param>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such GT.</exception>
    /// <remarks>Not to be called from inside <see cref="ITlbClient.Invalidate"/>.</remarks>
    public TlbRegistration Register(int gt, ITlbClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return Port(gt).Add(client);
    }

    /// <summary>What a GT has counted.</summary>
    public TlbCounters GetCounters(int gt) => Port(gt).Tally.Read(Tallies.Sum(gt / _gtsPerTile));

    /// <summary>For example <c>gt 0: invalidations 3, acknowledged 2; gt 1: invalidations 0, acknowledged 0</c>.</summary>
    public override string ToString() => string.Join("; ", _ports.OfType<TlbPort>().Select(
        port => $"gt {port.Gt}: invalidations {port.Issued}, acknowledged {port.AcknowledgedUpTo}"));

    /// <summary>Newest invalidation that was issued on a GT; 0 before the first.</summary>
    public ulong Issued(int gt) => Port(gt).Issued;

    /// <summary>Newest invalidation of a GT that every client has acknowledged, with all before it; time-outs and resets not
    /// counted.</summary>
    public ulong Acknowledged(int gt) => Port(gt).AcknowledgedUpTo;

    /// <summary>True when every client of a GT has acknowledged an invalidation, time-outs and resets not counted.</summary>
    public bool IsAcknowledged(int gt, ulong seqno) => Port(gt).AcknowledgedUpTo >= seqno;

    /// <summary>The fence of the real acknowledgement of an invalidation: memory that older translations can reach is used again only after
    /// it.</summary>
    /// <param name="gt">GT id.</param>
    /// <param name="seqno">The invalidation, which was issued; 0 for the stub.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such GT, or the invalidation was not issued yet.</exception>
    public Fence AcknowledgedFence(int gt, ulong seqno)
    {
        if (seqno == 0)
            return Fence.Signalled;
        TlbPort port = Port(gt);
        if (port.AcknowledgedUpTo >= seqno)
            return Fence.Signalled;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(seqno, port.Issued);
        return port.Real.At(seqno);
    }

    /// <summary>The GT was reset: all its pending invalidations complete without error (PT-185). Clients still owe their
    /// acknowledgements.</summary>
    public void Reset(int gt) => Port(gt).Reset();

    /// <summary>A reset of the GT begins: until <see cref="EndReset"/> its invalidations complete at once for who asked for them
    /// (PT-186).</summary>
    public void BeginReset(int gt) => Port(gt).SetResetting(true);

    /// <summary>The reset of the GT is over.</summary>
    public void EndReset(int gt) => Port(gt).SetResetting(false);

    /// <summary>What VMs count themselves.</summary>
    internal TlbVmTallies Tallies { get; }

    /// <summary>Issues an invalidation (HST-031). Table writes that come before it are seen by every walk after its completion.</summary>
    /// <returns>The stub when all clients have acknowledged, else the point of the GT to wait for.</returns>
    internal Fence Invalidate(int gt, in TlbRequest request)
    {
        TlbPort port = Port(gt);
        port.Tally.Issued(request);
        ulong seqno = port.Tracer is { IsOn: true } ? port.IssueTraced() : port.Issue();
        return seqno != 0 ? Tell(port, seqno, request) : default;
    }

    /// <summary>Tells the clients of an invalidation whose number was taken (<see cref="TlbPort.Issue"/>).</summary>
    /// <returns>As <see cref="Invalidate"/>.</returns>
    internal Fence Tell(TlbPort port, ulong seqno, in TlbRequest request)
    {
        long now = _clock.Now;
        Fence fence = port.Tell(seqno, request, now);
        if (!fence.IsSignalled)
            _timer.Arm(now + PatienceNs);
        return fence;
    }

    /// <summary>Signals with -ETIME every invalidation that has been pending for too long (PT-185).</summary>
    /// <returns>Invalidations that timed out.</returns>
    internal int Expire()
    {
        int expired = 0;
        foreach (TlbPort? port in _ports)
            expired += port?.Expire(_clock.Now - PatienceNs) ?? 0;
        return expired;
    }

    /// <summary>Tells a tracer what becomes of the invalidations of every GT.</summary>
    internal void Trace(TlbTracer tracer)
    {
        foreach (TlbPort? port in _ports)
        {
            if (port is not null)
                port.Tracer = tracer;
        }
    }

    /// <summary>Makes every GT remember its newest invalidations from now on, for checkers that look back.</summary>
    /// <returns>The memory of each GT; null where there is no such GT.</returns>
    public InvalidationLog?[] Watch() => [.. _ports.Select(port => port?.Watch())];

    /// <summary>Waits for an invalidation; when the limit is over first, it has timed out.</summary>
    internal void Wait(int gt, Fence fence)
    {
        if (!fence.Wait(WaitLimit))
            Port(gt).TryExpire(fence.Seqno);
    }

    /// <summary>Asks whether accesses that the device makes itself hold up invalidations; null before there are any.</summary>
    internal Func<bool>? HasAccesses { get; set; }

    /// <summary>Invalidations are waited for: neither acknowledged nor timed out.</summary>
    internal bool IsOwed
    {
        get
        {
            foreach (TlbPort? port in _ports)
            {
                if (port is { IsOwed: true })
                    return true;
            }

            return false;
        }
    }

    /// <summary>Waits for everything that was issued so far, as a zap does.</summary>
    internal void WaitForIssued()
    {
        for (int gt = 0; gt < _ports.Length; gt++)
        {
            if (_ports[gt] is not null)
                WaitForIssued(gt);
        }
    }

    /// <summary>Waits for everything that was issued on a GT so far.</summary>
    internal void WaitForIssued(int gt)
    {
        TlbPort port = Port(gt);
        if (port.IsHeard && port.Issued is var newest and not 0)
            Wait(gt, port.Completed.At(newest));
    }

    /// <summary>Names a new VM.</summary>
    /// <returns>False when all address-space ids are in use.</returns>
    internal bool TryOpen(out TlbVm vm)
    {
        uint asid = _asids?.Rent() ?? 0;
        bool isNamed = _asids is null || asid != 0;
        vm = isNamed ? new TlbVm(Interlocked.Increment(ref _vms), asid) : default;
        return isNamed;
    }

    /// <summary>A VM is gone.</summary>
    internal void Close(TlbVm vm) => _asids?.Return(vm.Asid);

    private long NextExpiryNs
    {
        get
        {
            long next = long.MaxValue;
            foreach (TlbPort? port in _ports)
            {
                if (port is not null && port.TryGetOldest(out long issuedAt))
                    next = Math.Min(next, issuedAt + PatienceNs);
            }

            return next;
        }
    }

    private long PatienceNs => TimeoutNs + (2 * TransportDelayNs);

    /// <summary>The port of a GT.</summary>
    internal TlbPort Port(int gt) =>
        (uint)gt < (uint)_ports.Length && _ports[gt] is { } port
            ? port : throw new ArgumentOutOfRangeException(nameof(gt), gt, "no such GT");

    /// <summary>One timer for all GTs: on the clock while anything is pending, for the oldest.</summary>
    private sealed class ExpiryTimer(TlbHub hub) : ClockTimer
    {
        private int _isArmed;

        /// <summary>Puts it on the clock unless it is on it.</summary>
        public void Arm(long due)
        {
            if (Interlocked.Exchange(ref _isArmed, 1) == 0)
                hub._clock.Schedule(this, due);
        }

        public override void Fire()
        {
            using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
            // They are in the middle of a page on another thread and end by themselves, however far the clock has gone meanwhile.
            if (hub.HasAccesses?.Invoke() == true)
            {
                hub._clock.Schedule(this, hub._clock.Now + hub.PatienceNs);
                return;
            }

            hub.Expire();
            // Taken off first: what becomes pending from here on arms it itself.
            Interlocked.Exchange(ref _isArmed, 0);
            if (hub.NextExpiryNs is var next && next != long.MaxValue)
                Arm(next);
        }
    }
}
