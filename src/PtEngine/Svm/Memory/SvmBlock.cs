using XePt.Calls;
using XePt.Fences;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>
/// A block of device memory that pages of a process live in: made by one successful migration, as large as the range that was migrated
/// (SVM-180). It goes when its last page does, wherever that is, and comes back when the CPU touches it or others need the room.
/// </summary>
/// <remarks>Concurrency: any thread. One reference stands for the pages, one for each thread that is about to move the block out; the last
/// one frees it. Memory goes back at once: whoever could reach a page was told before the page went (HST-012).</remarks>
internal sealed class SvmBlock(Pagemap pagemap, ulong size) : DeviceBlock, IMovable
{
    private const int Passes = 3;

    // What becomes of the pages: they are still to come, were installed, or are gone.
    private const int Filling = 0, Filled = 1, Empty = 2;

    private BlockList _memory;
    private ICpuAddressSpace? _space;
    private int _references;
    private int _pages;

    public Pagemap Pagemap => pagemap;

    public override object Owner => pagemap.Device.Owner;

    public override int Pages => (int)(size >> 12);

    public ulong Size => size;

    /// <summary>Tells it from other blocks, in the order in which they got memory.</summary>
    public long Number { get; private set; }

    public int Slot => (int)Number;

    public long LastUse { get; private set; }

    public int VictimPlace { get; set; }

    /// <summary>The CPU gets the pages back not before this time, in ns (SVM-081).</summary>
    public long Expiry { get; set; }

    /// <summary>Device address of its first byte.</summary>
    public ulong Address { get; private set; }

    /// <summary>Gets memory for the block, all zeros (SVM-074).</summary>
    /// <param name="vm">The VM on whose behalf.</param>
    /// <param name="space">The address space whose pages will live in it.</param>
    /// <param name="now">Stamp of use.</param>
    public Outcome Take(VmContext vm, ICpuAddressSpace space, long now)
    {
        // Others may find it as soon as it has memory.
        (_references, _pages) = (1, Filling);
        (_space, LastUse, Expiry) = (space, now, 0);
        Outcome outcome = pagemap.Device.Residency.TakeBlock(vm, this, pagemap.Region, ref _memory);
        if (outcome != Outcome.Done)
            return outcome;

        Number = pagemap.Device.Interconnect.NumberBlock();
        Address = pagemap.Base + _memory[0].Address;
        pagemap.Bytes.Clear(Address, size);
        return outcome;
    }

    /// <summary>Pages are about to be installed in it: from now on <see cref="Released"/> lets go of them. Before, it makes no room:
    /// nothing is in it that could go.</summary>
    public void Occupy() => Volatile.Write(ref _pages, Filled);

    public bool TryAddReference() => ReferenceCount.TryAdd(ref _references);

    public void DropReference()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;
        pagemap.Device.Residency.ReturnBlock(this, pagemap.Region, ref _memory);
        _space = null;
        pagemap.Return(this);
    }

    /// <inheritdoc/>
    public override void Released()
    {
        Volatile.Write(ref _pages, Empty);
        DropReference();
    }

    /// <inheritdoc/>
    public override void Read(int page, Span<byte> into) => pagemap.Bytes.TryRead(Address + ((ulong)page << 12), into);

    /// <inheritdoc/>
    public override Errno Pull(ICpuAddressSpace space, ulong address, in CpuVma vma)
    {
        if (pagemap.Device.Clock.Now < Expiry)
        {
            pagemap.Device.Clock.Pause(XeClock.Millisecond);
            return Errno.Ok;
        }

        // What a copy engine throws comes out of the host's call.
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        ulong start = Math.Max(address & ~(size - 1), vma.Range.Start);
        ulong end = Math.Min((address & ~(size - 1)) + size, vma.Range.End);
        CpuMigration migration = pagemap.Device.RentMigration();
        Errno error = space.Collect(migration, new AddressRange(start, end), CpuCollectKinds.OfBlock(this));
        if (error == Errno.Ok)
            error = Bring(space, migration);
        pagemap.Device.Return(migration);
        return error;
    }

    /// <summary>Brings every page to system memory, wherever it is mapped (SVM-186).</summary>
    /// <returns>Ok; -EFAULT when the process is gone; -EBUSY when pages are left, or still to come; or what copying failed with.</returns>
    public Errno MoveOut()
    {
        if (Volatile.Read(ref _pages) == Filling)
            return Errno.EBUSY;
        if (_space is not { } space || !space.TryEnter())
            return Errno.EFAULT;
        CpuMigration migration = pagemap.Device.RentMigration();
        Errno error = Errno.Ok;
        for (int pass = 0; pass < Passes && Volatile.Read(ref _pages) == Filled; pass++)
        {
            error = space.CollectBlock(migration, this);
            if (error == Errno.Ok)
                error = Bring(space, migration);
        }

        pagemap.Device.Return(migration);
        space.Leave();
        return Volatile.Read(ref _pages) == Empty ? Errno.Ok : error == Errno.Ok ? Errno.EBUSY : error;
    }

    /// <summary>Brings collected pages of the block to system memory, or puts them back.</summary>
    private Errno Bring(ICpuAddressSpace space, CpuMigration migration)
    {
        Errno error = Errno.Ok;
        if (migration.Sources.Pages > 0)
            error = space.PrepareFrames(migration);
        if (error == Errno.Ok && migration.Sources.Pages > 0)
            error = PageCopy.FromDevice(pagemap.Device, space.Frames, migration);
        if (error == Errno.Ok && migration.Sources.Pages > 0)
            space.InstallFrames(migration);
        else
            space.Restore(migration);
        return error;
    }
}
