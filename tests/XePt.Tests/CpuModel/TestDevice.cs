using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.CpuModel;

/// <summary>A device with memory of its own for pages of processes: what a driver does with a <see cref="ModelProcess"/>, in
/// little.</summary>
internal sealed class TestDevice(object owner)
{
    private readonly CpuMigration _migration = new();

    public object Owner { get; } = owner;

    public List<TestBlock> Blocks { get; } = [];

    public int Pulls { get; set; }

    /// <summary>What pulls return instead of pulling.</summary>
    public Errno? PullFails { get; set; }

    /// <summary>Moves all pages of an interval into a new block.</summary>
    /// <returns>Ok; -EBUSY when not all of them can be had; an errno of the process.</returns>
    public Errno Migrate(ICpuAddressSpace space, ulong start, ulong end)
    {
        Errno error = space.Collect(_migration, new AddressRange(start, end), CpuCollectKinds.ToDevice(Owner));
        if (error != Errno.Ok)
            return error;
        if (!_migration.IsComplete)
        {
            space.Restore(_migration);
            return Errno.EBUSY;
        }

        var block = new TestBlock(this, (int)((end - start) >> 12));
        foreach (CpuPageRun run in _migration.Sources.Runs)
        {
            for (int i = 0; i < run.Pages; i++)
                block.Fill((int)((run.Address - start) >> 12) + i, space, run, i);
        }

        lock (Blocks)
            Blocks.Add(block);
        return space.InstallBlock(_migration, block, 0);
    }

    /// <summary>Moves whatever lives in a block to system memory.</summary>
    public Errno Evict(ICpuAddressSpace space, TestBlock block)
    {
        Errno error = space.CollectBlock(_migration, block);
        return error == Errno.Ok ? Install(space, _migration) : error;
    }

    /// <summary>Copies collected device pages into frames of their own.</summary>
    public static Errno Install(ICpuAddressSpace space, CpuMigration migration)
    {
        if (space.PrepareFrames(migration) != Errno.Ok)
        {
            space.Restore(migration);
            return Errno.ENOMEM;
        }

        var frames = new List<ulong>();
        foreach (CpuPageRun run in migration.Frames.Runs)
        {
            for (int i = 0; i < run.Pages; i++)
                frames.Add(run.Frame + ((ulong)i << 12));
        }

        int next = 0;
        foreach (CpuPageRun run in migration.Sources.Runs)
        {
            for (int i = 0; i < run.Pages; i++)
                Assert.True(space.Frames.TryWrite(frames[next++], ((TestBlock)run.Block!).Bytes(run.FirstPage + i)));
        }

        space.InstallFrames(migration);
        return Errno.Ok;
    }
}

/// <summary>A block of a <see cref="TestDevice"/>.</summary>
internal sealed class TestBlock(TestDevice device, int pages) : DeviceBlock
{
    private readonly byte[][] _bytes = [.. Enumerable.Range(0, pages).Select(_ => new byte[4096])];

    public override object Owner => device.Owner;

    public override int Pages => pages;

    public bool IsReleased { get; private set; }

    public Span<byte> Bytes(int page) => _bytes[page];

    public void Fill(int page, ICpuAddressSpace space, in CpuPageRun from, int index)
    {
        if (from.Kind == CpuPageKind.System)
            Assert.True(space.Frames.TryRead(from.Frame + ((ulong)index << 12), _bytes[page]));
        else if (from.Kind == CpuPageKind.Device)
            ((TestBlock)from.Block!).Bytes(from.FirstPage + index).CopyTo(_bytes[page]);
    }

    // The window of the block's size around the address, inside the mapping.
    public override Errno Pull(ICpuAddressSpace space, ulong address, in CpuVma vma)
    {
        device.Pulls++;
        if (device.PullFails is { } error)
            return error;
        ulong bytes = (ulong)pages << 12, start = address & ~(bytes - 1);
        // Several threads may touch the block at the same time.
        var migration = new CpuMigration();
        Errno collected = space.Collect(
            migration, new AddressRange(Math.Max(start, vma.Range.Start), Math.Min(start + bytes, vma.Range.End)),
            CpuCollectKinds.OfBlock(this));
        return collected == Errno.Ok ? TestDevice.Install(space, migration) : collected;
    }

    public override void Read(int page, Span<byte> into) => Bytes(page).CopyTo(into);

    public override void Released()
    {
        Assert.False(IsReleased);
        IsReleased = true;
        lock (device.Blocks)
            device.Blocks.Remove(this);
    }
}
