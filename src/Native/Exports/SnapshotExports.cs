using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Snapshots: what a VM was at a moment, to be looked at and compared later.</summary>
internal static unsafe class SnapshotExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Takes a snapshot of a VM: its VMAs, the bytes of its page tables on all tiles, and its hash, as of one moment between two
    /// calls on it. Other threads may bind meanwhile: their calls on this VM wait until it is taken, translations and walkers do not wait.
    /// While work is in flight entries may be written, each as a whole; is_idle tells. It costs the memory of the tables.</summary>
    /// <param name="snapshot">Receives the snapshot, which does not change any more, may be read by any number of threads at once, and
    /// outlives VM, client and device.</param>
    /// <returns>0; -EBADF; -ENOENT; -ENOMEM; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_snapshot_take")]
    public static int Take(ClientHandle client, uint vmId, SnapshotHandle* snapshot)
    {
        try
        {
            XeVm vm = VmExports.Get(client, vmId);
            Need.Pointer(snapshot, "snapshot");
            *snapshot = new SnapshotHandle(NativeSnapshot.Take(vm).Handle);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Frees a snapshot. Other threads may be in calls with it, which go on.</summary>
    /// <returns>0; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_snapshot_free")]
    public static int Free(SnapshotHandle snapshot)
    {
        try
        {
            Handles.Take<NativeSnapshot>(snapshot.Value);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>What a snapshot is of, and how much is in it.</summary>
    /// <returns>0; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_snapshot_describe")]
    public static int Describe(SnapshotHandle snapshot, SnapshotInfo* info)
    {
        try
        {
            NativeSnapshot found = Get(snapshot);
            Sized.Out(info, new SnapshotInfo
            {
                VmNumber = found.VmNumber,
                IsIdle = found.IsIdle ? 1u : 0,
                Format = (uint)found.Format,
                VmaCount = (uint)found.Vmas.Count,
                TableCount = (uint)found.Tables.Count,
                Hash = found.Hash,
            });
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The VMAs of a snapshot by address.</summary>
    /// <param name="vmas">Receives the VMAs.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_snapshot_vmas")]
    public static int Vmas(SnapshotHandle snapshot, VmaEntry* vmas, uint* count)
    {
        try
        {
            return Need.Fill(Get(snapshot).Vmas, vmas, count, AbiMap.Of);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The page tables of a snapshot: by tile, each before those below it, by address.</summary>
    /// <param name="tables">Receives the tables.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_snapshot_tables")]
    public static int Tables(SnapshotHandle snapshot, SnapshotTable* tables, uint* count)
    {
        try
        {
            return Need.Fill(Get(snapshot).Tables, tables, count, Of);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The raw entries of a page table of a snapshot.</summary>
    /// <param name="table">Which one of xept_snapshot_tables, from 0.</param>
    /// <param name="entries">Receives the entries.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -EINVAL when there is no such table; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_snapshot_entries")]
    public static int Entries(SnapshotHandle snapshot, uint table, ulong* entries, uint* count)
    {
        try
        {
            IReadOnlyList<KeptTable> tables = Get(snapshot).Tables;
            Need.Pointer(count, "count");
            return table < (uint)tables.Count
                ? Need.Fill(tables[(int)table].Entries, entries, count, static entry => entry)
                : Failure.Of(Errno.EINVAL, $"there is no table {table} of {tables.Count}");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>What two snapshots do not have in common, as xept diff compares end states: VMAs by address, then tables by tile, from the
    /// root down and by address, each with its entries. They may be of one VM or of two, also of two devices. Where tables are makes no
    /// difference, unless it is asked for. What the hash has and this has not: ranges of mirrors, pages of userptrs, what else the device
    /// has in use.</summary>
    /// <param name="flags">Choices, or 0.</param>
    /// <param name="differences">Receives the differences; none when the snapshots are the same.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -EINVAL for other flags; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_snapshot_compare")]
    public static int Compare(
        SnapshotHandle first, SnapshotHandle second, [CEnum(typeof(CompareFlags))] uint flags, DifferenceEntry* differences, uint* count)
    {
        try
        {
            NativeSnapshot one = Get(first), other = Get(second);
            Need.Pointer(count, "count");
            if (((CompareFlags)flags & ~CompareFlags.TablePlaces) != 0)
                return Failure.Of(Errno.EINVAL, $"flags 0x{flags:x} mean nothing to this version of the library");
            bool places = ((CompareFlags)flags & CompareFlags.TablePlaces) != 0;
            return Need.Fill(SnapshotComparison.Of(one, other, places), differences, count, static difference => difference);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static SnapshotTable Of(KeptTable from) => new()
    {
        Va = from.Va,
        Address = from.Address,
        Tile = (uint)from.Tile,
        Level = (uint)from.Level,
        EntryCount = (uint)from.Entries.Length,
        LiveCount = (uint)from.Live,
    };

    private static NativeSnapshot Get(SnapshotHandle snapshot) => Handles.Get<NativeSnapshot>(snapshot.Value);
}
