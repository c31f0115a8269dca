using XePt.Fences;
using XePt.Memory;

namespace XePt.Host;

/// <summary>The migrations of all devices whose copies are in flight: what somebody has to wait for who needs pages that they have
/// locked. A fault waits for their fence; a thread that must have the pages at once (the CPU, a call that binds) helps them to their
/// end.</summary>
/// <remarks>Concurrency: any thread; a leaf gate. They are a handful, one for each queue of faults at most, linked through
/// themselves.</remarks>
internal static class PendingMigrations
{
    private static PendingMigration? s_first;
    private static SpinGate s_gate;

    public static void Add(PendingMigration migration)
    {
        s_gate.Enter();
        migration.Next = s_first;
        Volatile.Write(ref s_first, migration);
        s_gate.Exit();
    }

    public static void Remove(PendingMigration migration)
    {
        s_gate.Enter();
        PendingMigration? before = null;
        for (PendingMigration? at = s_first; at is not null && !ReferenceEquals(at, migration); at = at.Next)
            before = at;
        if (before is null)
            Volatile.Write(ref s_first, migration.Next);
        else
            before.Next = migration.Next;
        migration.Next = null;
        s_gate.Exit();
    }

    /// <summary>A migration has pages of an interval; then the fence signals when it has not any more.</summary>
    public static bool TryFind(ICpuAddressSpace space, AddressRange range, out Fence ended)
    {
        ended = default;
        if (Volatile.Read(ref s_first) is null)
            return false;
        s_gate.Enter();
        PendingMigration? found = Find(space, range);
        ended = found?.Ended ?? default;
        s_gate.Exit();
        return found is not null;
    }

    /// <summary>Brings a migration that has pages of an interval nearer to its end, for a thread that needs them and holds nothing of the
    /// address space; false when none of those here has them.</summary>
    public static bool TryHasten(ICpuAddressSpace space, AddressRange range)
    {
        if (Volatile.Read(ref s_first) is null)
            return false;
        s_gate.Enter();
        PendingMigration? found = Find(space, range);
        s_gate.Exit();
        found?.Hasten();
        return found is not null;
    }

    private static PendingMigration? Find(ICpuAddressSpace space, AddressRange range)
    {
        space = space is GuardedProcess guarded ? guarded.Space : space;
        for (PendingMigration? at = s_first; at is not null; at = at.Next)
        {
            if (ReferenceEquals(at.Space, space) && at.Range.Overlaps(range))
                return at;
        }

        return null;
    }
}
