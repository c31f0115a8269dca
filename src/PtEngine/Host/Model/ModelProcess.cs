using XePt.Fences;
using XePt.Uapi;

namespace XePt.Host;

/// <summary>
/// A process as the engine sees one: an address space with mappings, page tables and real bytes, in which pages are populated when they are
/// touched, copied when they are written after a fork, changed by the calls that processes make, and moved to devices and back. It is the
/// default of <see cref="ICpuAddressSpace"/>, and usable on its own: it is deterministic, has no thread and no time of its own, and costs a
/// few bytes per mapping, 8 bytes per page in a populated 2 MiB, and the bytes of the pages that were written.
/// </summary>
/// <remarks>
/// <para>Calls return what the system calls return. Addresses and sizes are multiples of 4 KiB where nothing else is said. Neighbouring
/// anonymous mappings of one protection, both held in memory or neither, are one mapping (in a child, those that its parent held stay
/// apart until one of them changes); no others join.</para>
/// <para>Concurrency: any thread. Everything is under the gate of the <see cref="ModelMemory"/>, which is left while subscriptions are
/// called and device pages are pulled; who comes back looks at his page again. Calls that change mappings exclude each other in one process
/// from beginning to end (<see cref="ChangeLock"/>); what the engine calls (<see cref="ICpuAddressSpace"/>) never waits for them. So a
/// change may wait in its callbacks for a thread that is about to collect pages, or to leave. See <c>docs/concurrency/host.md</c>.</para>
/// </remarks>
public sealed partial class ModelProcess : ICpuAddressSpace, IUserMemory, IDisposable
{
    /// <summary>What processes of 48-bit machines have: 128 TiB.</summary>
    public const ulong DefaultLimit = 1UL << 47;

    private readonly ModelMemory _memory;
    private readonly VmaMap _vmas;
    private readonly PageMap _pages;
    private readonly SubscriptionBook _subscribers;
    private readonly ChangeLock _changes = new();
    private readonly Ending _end;
    private int _users = 1;
    private bool _hasExited;
    private bool _isDisposed;
    private bool _mayFree;

    // Inside the gate.
    private bool _isFreed;

    /// <summary>A process without mappings.</summary>
    /// <param name="memory">The machine.</param>
    /// <param name="limit">End of the addresses that it may map, at most 2^57.</param>
    public ModelProcess(ModelMemory memory, ulong limit = DefaultLimit)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1UL << 57);
        _memory = memory;
        Limit = limit & ~(ulong)(PageBytes.Size - 1);
        _vmas = new VmaMap(memory.Gate);
        _pages = new PageMap(memory.Gate);
        _subscribers = new SubscriptionBook(memory);
        _placeBelow = Limit;
        _end = new Ending(this);
    }

    /// <summary>Hears of every change before the subscriptions do: a trace, a test. Runs on the thread that makes the change, which waits
    /// for it; <see cref="CpuChange.Sequence"/> is 0. What it throws leaves the call when everything is done.</summary>
    public event Action<CpuChange>? Changing;

    /// <summary>The machine.</summary>
    public ModelMemory Memory => _memory;

    /// <inheritdoc/>
    public IFrameMemory Frames => _memory;

    /// <summary>End of the addresses that it may map.</summary>
    public ulong Limit { get; }

    /// <summary>It has exited, or lost its last user.</summary>
    public bool IsGone => Volatile.Read(ref _users) <= 0;

    /// <summary>Its mappings, by address.</summary>
    public IReadOnlyList<CpuVma> Mappings
    {
        get
        {
            var mappings = new List<CpuVma>();
            Enter();
            for (int vma = _vmas.First(0, ulong.MaxValue); vma != 0; vma = _vmas.First(_vmas[vma].End, ulong.MaxValue))
                mappings.Add(_vmas[vma].Public);
            _memory.Exit();
            return mappings;
        }
    }

    /// <summary>How many mappings there are.</summary>
    public int MappingCount
    {
        get
        {
            Enter();
            int count = _vmas.Count;
            _memory.Exit();
            return count;
        }
    }

    /// <summary>How many page tables there are, each for 2 MiB of which something is populated.</summary>
    public int TableCount
    {
        get
        {
            Enter();
            int count = _pages.LeafCount;
            _memory.Exit();
            return count;
        }
    }

    /// <summary>How many subscriptions there are.</summary>
    public int SubscriptionCount
    {
        get
        {
            _memory.Enter();
            int count = _subscribers.Count;
            _memory.Exit();
            return count;
        }
    }

    /// <inheritdoc/>
    public bool TryEnter()
    {
        for (int seen = Volatile.Read(ref _users); seen > 0;)
        {
            int found = Interlocked.CompareExchange(ref _users, seen + 1, seen);
            if (found == seen)
                return true;
            seen = found;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            _end.Request();
    }

    /// <summary>The process exits: when nobody is inside any more, subscriptions hear of <see cref="CpuChangeKind.Release"/> and then of
    /// <see cref="CpuChangeKind.Unmap"/> for each mapping, and its pages are free. It does so once, however often it is called.</summary>
    public void Exit()
    {
        if (!Interlocked.Exchange(ref _hasExited, true))
            Leave();
    }

    /// <summary>Its last user is gone and its memory not yet torn down: nobody can enter any more (SVM-051), and nothing else
    /// changes.</summary>
    public void LoseUsers()
    {
        Volatile.Write(ref _users, 0);
        _mayFree = true;
    }

    /// <summary>Exits if it has not yet, and gives back what the process has cost the host, when nobody is inside any more. From then on
    /// its calls throw <see cref="ObjectDisposedException"/>, but for those that end something: <see cref="Unsubscribe"/>, the rest of
    /// a migration, <see cref="Exit"/>, and this one.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        if (!IsGone)
            Exit();
        // Otherwise whoever leaves last does it, when subscriptions have heard.
        if (Volatile.Read(ref _mayFree))
            Free();
    }

    private void TearDown()
    {
        using (_changes.Enter())
        {
            _memory.Enter();
            if (!_isFreed)
                EndAll();
            _memory.Exit();
        }

        Interlocked.Exchange(ref _mayFree, true);
        if (Volatile.Read(ref _isDisposed))
            Free();
    }

    private void EndAll()
    {
        _subscribers.End(Announce(CpuChangeKind.Release, 0, Limit));
        for (int vma = _vmas.First(0, ulong.MaxValue); vma != 0; vma = _vmas.First(0, ulong.MaxValue))
            RemoveVmas(_vmas[vma].Start, _vmas[vma].End);
    }

    // Searches in maps that are freed find nothing, so who ends what he began before finds nothing to end.
    private void Free()
    {
        using ChangeLock.Scope scope = _changes.Enter();
        _memory.Enter();
        if (!_isFreed)
        {
            _isFreed = true;
            DropVmas(0, Limit);
            _vmas.Dispose();
            _pages.Dispose();
        }

        _memory.Exit();
    }

    /// <summary>Enters the gate of the machine, for a call that looks at mappings or pages.</summary>
    /// <exception cref="ObjectDisposedException">They are gone.</exception>
    private void Enter()
    {
        _memory.Enter();
        if (!_isFreed)
            return;
        _memory.Exit();
        throw new ObjectDisposedException(nameof(ModelProcess));
    }

    /// <summary>Tells everybody of a change before it takes effect. Inside the gate, which is left meanwhile.</summary>
    /// <returns>The change, to be ended in the step in which it takes effect.</returns>
    private ChangeInFlight Announce(CpuChangeKind kind, ulong start, ulong end)
    {
        ChangeInFlight change = _subscribers.Begin(kind, start, end);
        _memory.Exit();
        Tell(change);
        _memory.Enter();
        if (!_isFreed)
            return change;
        _subscribers.End(change);
        _memory.Exit();
        throw new ObjectDisposedException(nameof(ModelProcess));
    }

    private bool Tell(ChangeInFlight change)
    {
        try
        {
            Changing?.Invoke(new CpuChange(change.Kind, change.Range, 0, change.MayBlock));
        }
        catch (Exception thrown)
        {
            // As with what subscribers throw: the change that has begun must end.
            ThreadJobs.Own.Note(thrown);
        }

        return _subscribers.Tell(change);
    }

    /// <summary>For example <c>process with 3 mappings</c>.</summary>
    public override string ToString() =>
        IsGone ? "process that is gone" : $"process with {MappingCount} mapping{(MappingCount == 1 ? "" : "s")}";

    /// <summary>The tear-down of a process that nobody is inside of any more. It excludes changes of mappings, whose callbacks may wait for
    /// a VM that the last user has just been in, or which the last user makes itself: so it comes when its thread has left the VM, and the
    /// change has ended.</summary>
    private sealed class Ending(ModelProcess process) : IThreadWork
    {
        IThreadWork? IThreadWork.NextWork { get; set; }

        public void Request()
        {
            ThreadJobs own = ThreadJobs.Own;
            if (!process._changes.TryPutOff(this) && !own.TryPutOff(this))
                own.Do(this);
        }

        void IThreadWork.Run() => process.TearDown();
    }
}
