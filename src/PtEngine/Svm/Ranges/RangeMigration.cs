using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Where the pages of a range are (SVM-073).</summary>
internal enum PageScan
{
    /// <summary>Some page is absent.</summary>
    Unpopulated,

    /// <summary>All are in the pagemap asked about.</summary>
    Equal,

    /// <summary>All are in one other pagemap.</summary>
    Other,

    /// <summary>All are in system memory.</summary>
    System,

    /// <summary>All are device pages, of several pagemaps.</summary>
    MixedDevice,

    /// <summary>System and device pages.</summary>
    Mixed,
}

/// <summary>Moves the memory of ranges into device memory and back (specification 04 sections 5.3 and 8). The caller is inside the
/// VM.</summary>
internal static class RangeMigration
{
    /// <summary>Brings a range into device memory: at once, or, when pages could not be had, once more after it was brought to system
    /// memory, alone of all migrations (SVM-072, SVM-078).</summary>
    /// <param name="space">The VM's mirrors.</param>
    /// <param name="range">The range.</param>
    /// <param name="target">Where to.</param>
    /// <param name="timeslice">How long the CPU does not get it back, in ns.</param>
    /// <param name="error">Ok; -ENOMEM; -EBUSY; -ENOENT, -EINVAL (SVM-075); or what the copy failed with.</param>
    /// <returns>Done, whatever the error; or start again, inside all VMs.</returns>
    public static Outcome IntoDevice(MirrorSpace space, int range, Pagemap target, long timeslice, out Errno error) =>
        IntoDevice(space, range, target, timeslice, mayWait: false, out error, out _);

    /// <summary>As the other form, for somebody who can go on when the copies are over.</summary>
    /// <param name="space">As there.</param>
    /// <param name="range">As there.</param>
    /// <param name="target">As there.</param>
    /// <param name="timeslice">As there.</param>
    /// <param name="mayWait">He can.</param>
    /// <param name="error">As there; of no meaning while the migration is pending.</param>
    /// <param name="pending">The migration, which the caller ends when its copies are over; null when it is over.</param>
    public static Outcome IntoDevice(
        MirrorSpace space, int range, Pagemap target, long timeslice, bool mayWait, out Errno error, out PendingMove? pending)
    {
        (error, pending) = (Errno.Ok, null);
        if (Scan(space, range, target) == PageScan.Equal)
            return Outcome.Done;
        PendingMove? move = mayWait ? space.Device.RentMove() : null;
        Outcome outcome = Migrate(space, range, target, timeslice, alone: false, move, out error);
        if (move is { Copies.Count: > 0 })
        {
            pending = move;
            return outcome;
        }

        if (move is not null)
            space.Device.Return(move);
        if (outcome != Outcome.Done || error != Errno.EBUSY)
            return outcome;
        Evict(space, range);
        return Migrate(space, range, target, timeslice, alone: true, move: null, out error);
    }

    /// <summary>Brings every device page of a range to system memory (SVM-185).</summary>
    /// <returns>Ok; -EFAULT; or -EBUSY when that took more than 1000 ms.</returns>
    public static Errno Evict(MirrorSpace space, int range)
    {
        if (!space.Host.TryEnter())
            return Errno.EFAULT;
        (ulong start, ulong end) = (space.Ranges[range].Start, space.Ranges[range].End);
        if (space.Vm.Watch.IsTraced)
            RangeEvents.Start(space.Vm, start, end, toDevice: false);
        var looks = new PageLooks(space.Device.Clock);
        Errno error;
        do
        {
            error = space.Host.FaultIn(new AddressRange(start, end), write: false, owner: null, space.Pages);
            error = error == Errno.EBUSY ? looks.MeetLock() : error;
        }
        while (looks.TryGoOn(ref error));
        space.Host.Leave();
        if (space.Vm.Watch.IsTraced)
            RangeEvents.Stop(space.Vm, start, error);
        return error;
    }

    /// <summary>Where the pages are now; nothing changes.</summary>
    public static PageScan Scan(MirrorSpace space, int range, Pagemap target)
    {
        // As in the driver nobody asks here whether the process is still there.
        space.Host.Snapshot(new AddressRange(space.Ranges[range].Start, space.Ranges[range].End), space.Device.Owner, space.Pages);
        return Classify(space.Pages.Runs, target);
    }

    private static PageScan Classify(ReadOnlySpan<CpuPageRun> runs, Pagemap target)
    {
        bool hasSystem = false, isMixed = false;
        Pagemap? found = null;
        foreach (ref readonly CpuPageRun run in runs)
        {
            if (run.Kind == CpuPageKind.Absent)
                return PageScan.Unpopulated;
            Pagemap? map = (run.Block as SvmBlock)?.Pagemap;
            hasSystem |= map is null;
            isMixed |= map is not null && found is not null && !ReferenceEquals(map, found);
            found = map ?? found;
        }

        return found is null ? PageScan.System
            : hasSystem ? PageScan.Mixed
            : isMixed ? PageScan.MixedDevice
            : ReferenceEquals(found, target) ? PageScan.Equal : PageScan.Other;
    }

    /// <summary>One attempt (SVM-074 to SVM-079).</summary>
    internal static Outcome Migrate(
        MirrorSpace space, int range, Pagemap target, long timeslice, bool alone, PendingMove? move, out Errno error)
    {
        if (!space.Host.TryEnter())
        {
            error = Errno.EFAULT;
            return Outcome.Done;
        }

        for (var spin = default(SpinWait); !space.Device.Migrating.TryEnter(alone); spin.SpinOnce())
            space.CarryOutChanges();
        try
        {
            ref readonly SvmRange moved = ref space.Ranges[range];
            if (space.Vm.Watch.IsTraced)
                RangeEvents.Start(space.Vm, moved.Start, moved.End, toDevice: true);
            Outcome outcome = MigrateInside(space, moved, target, timeslice, move, out error);
            if (space.Vm.Watch.IsTraced)
                RangeEvents.Stop(space.Vm, moved.Start, error);
            return outcome;
        }
        finally
        {
            space.Device.Migrating.Exit(alone);
            space.Host.Leave();
        }
    }

    private static Outcome MigrateInside(
        MirrorSpace space, in SvmRange range, Pagemap target, long timeslice, PendingMove? move, out Errno error)
    {
        error = space.Fires(FailurePoint.BlockAllocation, Errno.ENOMEM);
        if (error != Errno.Ok)
            return Outcome.Done;
        SvmBlock block = target.Rent(range.Size);
        Outcome taken = block.Take(space.Vm, space.Host, space.Vm.Memory.Tick());
        if (taken != Outcome.Done)
        {
            target.Return(block);
            error = Errno.ENOMEM;
            // Without room the pages stay where they are, and the call goes on.
            return taken == Outcome.Refused ? Outcome.Done : taken;
        }

        bool isThere = false;
        error = CheckVma(space, range);
        if (error == Errno.Ok)
            error = Fill(space, range, block, timeslice, move, out isThere);
        if (move is not { Copies.Count: > 0 } && (error != Errno.Ok || isThere))
            block.DropReference();
        return Outcome.Done;
    }

    private static Errno CheckVma(MirrorSpace space, in SvmRange range) =>
        !space.Host.TryFindVma(range.Start, out CpuVma vma) ? Errno.ENOENT
        : range.End > vma.Range.End ? Errno.EINVAL
        : vma.Kind != CpuVmaKind.Anonymous ? Errno.EBUSY
        : Errno.Ok;

    /// <summary>Puts the range's pages into a block, unless all of them are in the target. After an errno they are where they were, and
    /// the block is empty.</summary>
    /// <returns>Ok, or an errno.</returns>
    private static Errno Fill(
        MirrorSpace space, in SvmRange range, SvmBlock block, long timeslice, PendingMove? move, out bool isThere)
    {
        isThere = false;
        CpuMigration migration = space.Device.RentMigration();
        Errno error = space.Host.Collect(migration, new AddressRange(range.Start, range.End), CpuCollectKinds.ToDevice(block.Owner));
        if (error == Errno.Ok)
        {
            error = CheckCollected(migration, block.Pagemap, out isThere);
            if (error == Errno.Ok && !isThere)
                error = PageCopy.IntoBlock(space.Device, space.Host.Frames, migration, block, move?.Copies);
            if (move is { Copies.Count: > 0 })
            {
                move.Begin(space.Host, migration, block, timeslice, error);
                return error;
            }

            if (error == Errno.Ok && !isThere)
            {
                block.Expiry = space.Device.Clock.Now + timeslice;
                block.Occupy();
                error = space.Host.InstallBlock(migration, block, firstPage: 0);
            }
            else
            {
                space.Host.Restore(migration);
            }
        }

        space.Device.Return(migration);
        return error;
    }

    /// <summary>All or nothing (SVM-076, SVM-077).</summary>
    private static Errno CheckCollected(CpuMigration migration, Pagemap target, out bool isThere)
    {
        isThere = false;
        if (!migration.IsComplete)
            return Errno.EBUSY;
        long there = 0;
        foreach (ref readonly CpuPageRun run in migration.Sources.Runs)
            there += run.Block is SvmBlock block && ReferenceEquals(block.Pagemap, target) ? run.Pages : 0;
        isThere = there == migration.Sources.Pages;
        return there == 0 || isThere ? Errno.Ok : Errno.EBUSY;
    }
}
