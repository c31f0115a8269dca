using XePt.Epochs;
using XePt.Memory;

namespace XePt.Fences;

/// <summary>What closed VMs have left behind: tables that TLBs or walkers may still be in. One per device, with a gate of its own that
/// nothing else is done inside of.</summary>
/// <remarks>
/// <para>Concurrency: a VM adds what it leaves while it still counts as there; the rest happens inside the gate.</para>
/// <para>The device ends (<see cref="End"/>) when no VM is there any more. From then on nothing is freed table by table: all table memory
/// goes at once when neither a reader is pinned nor a TLB owes an acknowledgement. Whoever lifts the last pin and whoever hears the last
/// acknowledgement each change their word, pass a full fence and look at the other's, so at least one finds both gone
/// (<see cref="EpochDomain.TellEnd"/>); which one frees is decided by the action itself.</para>
/// </remarks>
/// <param name="epochs">Tells when walkers have left.</param>
/// <param name="allocations">Counts the device's native memory.</param>
internal sealed class ClosedVms(EpochDomain epochs, AllocationGate allocations)
{
    private int _pending;
    private int _owing;
    private Action? _ended;

    public LaterList Later { get; } = new(new WriterGate());

    public EpochDomain Epochs => epochs;

    /// <summary>Tables that wait.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>TLBs have yet to acknowledge the end of a VM. Any thread.</summary>
    public bool IsOwed => Volatile.Read(ref _owing) > 0;

    /// <summary>Inside the gate: the device has ended.</summary>
    public bool IsEnded => _ended is not null;

    /// <summary>Frees what a VM has left behind, as soon as that may be. Inside the VM.</summary>
    public void Add(ClosedTables tables)
    {
        Interlocked.Add(ref _pending, tables.Count);
        if (tables.IsOwed)
            Interlocked.Increment(ref _owing);
        tables.Ripen();
    }

    /// <summary>The device ends.</summary>
    /// <param name="left">Called, inside the gate, when the last TLB has acknowledged after this.</param>
    public void End(Action left)
    {
        Later.Gate.Enter();
        _ended = left;
        Later.Gate.Exit();
    }

    /// <summary>The TLBs have acknowledged the end of a VM. Inside the gate.</summary>
    internal void Acknowledged(ClosedTables tables)
    {
        if (tables.IsOwed && Interlocked.Decrement(ref _owing) == 0)
            _ended?.Invoke();
    }

    /// <summary>Frees the tables of a VM. Inside the gate.</summary>
    internal void Free(ClosedTables tables, IReadOnlyList<(TableStore Store, int First)> lists)
    {
        foreach ((TableStore store, int first) in lists)
        {
            PageCache cache = store.Pool.OpenCache(allocations);
            for (int page = first, next; page != 0; page = next)
            {
                next = store.Pool.Page(page).Next;
                cache.Return(page);
            }

            cache.Close();
        }

        Interlocked.Add(ref _pending, -tables.Count);
    }
}
