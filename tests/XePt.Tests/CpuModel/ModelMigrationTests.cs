using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>Pages on their way to a device and back.</summary>
public class ModelMigrationTests : IDisposable
{
    private readonly TestProcess _p = new();
    private readonly object _owner = new();
    private readonly TestDevice _device;
    private readonly CpuMigration _migration = new();

    public ModelMigrationTests()
    {
        _device = new TestDevice(_owner);
        Process.Map(AddressRange.OfSize(Base, 4 * Huge), CpuProtection.ReadWrite);
    }

    private ModelProcess Process => _p.Process;

    /// <summary>Nothing of the process is left at the end of any test.</summary>
    public void Dispose()
    {
        _p.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    [Rule("HST-008")]
    [Rule("HST-009")]
    public void Pages_move_to_a_device_with_their_content_and_empty_ones_are_announced_a_second_time()
    {
        _p.WriteWord(Base, 1);
        _p.WriteWord(Base + (2 * Page), 3);
        Assert.Equal(Errno.Ok, _device.Migrate(Process, Base, Base + (4 * Page)));
        Assert.Equal("Migrate 0 4000; Migrate 1000 4000", _p.TakeEvents());
        Assert.Equal("d4", _p.Pages(Base, Base + (4 * Page)));
        Assert.Equal(0, _p.Memory.UsedBytes);
        Assert.Equal(1, _device.Blocks[0].Bytes(0)[0]);
        Assert.Equal(3, _device.Blocks[0].Bytes(2)[0]);

        _device.Blocks[0].Bytes(1)[0] = 2;
        Assert.Equal(2UL, _p.ReadWord(Base + Page));
        Assert.Equal("Migrate 0 4000", _p.TakeEvents());
        Assert.Equal("s4", _p.Pages(Base, Base + (4 * Page)));
        Assert.Empty(_device.Blocks);
        Assert.Equal(3UL, _p.ReadWord(Base + (2 * Page)));
    }

    [Fact]
    [Rule("HST-008")]
    public void Only_pages_that_are_asked_for_and_can_be_had_are_collected()
    {
        Process.Touch(AddressRange.OfSize(Base, 3 * Page), write: true);
        Process.SetPinned(new AddressRange(Base + Page, Base + (2 * Page)), isPinned: true);
        new TestDevice(new object()).Migrate(Process, Base + (4 * Page), Base + (5 * Page));
        _device.Migrate(Process, Base + (5 * Page), Base + (6 * Page));
        _p.TakeEvents();

        Assert.Equal(Errno.Ok, Process.Collect(_migration, AddressRange.OfSize(Base, 8 * Page), CpuCollectKinds.ToDevice(_owner)));
        Assert.Equal("Migrate 0 8000", _p.TakeEvents());
        Assert.False(_migration.IsComplete);
        Assert.Equal(
            "System 0 1, System 2000 1, Absent 3000 1, Device 5000 1, Absent 6000 2",
            string.Join(", ", _migration.Sources.Runs.ToArray().Select(run => $"{run.Kind} {run.Address - Base:x} {run.Pages}")));
        Process.Restore(_migration);
        Assert.Equal("s1 p1 s1 a1 d2 a2", _p.Pages(Base, Base + (8 * Page)));

        Assert.Equal(
            Errno.Ok, Process.Collect(_migration, AddressRange.OfSize(Base, 8 * Page), CpuCollectKinds.OfBlock(_device.Blocks[0])));
        Assert.Equal(1, _migration.Sources.Pages);
        Process.Restore(_migration);
        Assert.Equal(Errno.EINVAL, Process.Collect(_migration, AddressRange.OfSize(Base, 5 * Huge), CpuCollectKinds.ToDevice(_owner)));
        Assert.Equal(
            Errno.EINVAL, Process.Collect(_migration, new AddressRange(Base - Page, Base + Page), CpuCollectKinds.ToDevice(_owner)));
        Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.ReadWrite, CpuVmaKind.Shared);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true);
        Assert.Equal(Errno.Ok, Process.Collect(_migration, AddressRange.OfSize(Base, Page), CpuCollectKinds.ToDevice(_owner)));
        Assert.Equal(0, _migration.Sources.Pages);
        Process.Restore(_migration);
    }

    [Fact]
    [Rule("HST-009")]
    public void Restored_pages_are_as_they_were()
    {
        _p.WriteWord(Base, 1);
        Process.Touch(AddressRange.OfSize(Base + Huge, Page), write: true, huge: true);
        Process.Collect(_migration, AddressRange.OfSize(Base, 2 * Huge), CpuCollectKinds.ToDevice(_owner));
        Assert.True(_migration.IsComplete);
        Process.Restore(_migration);
        Assert.Equal("s1 a511 s512", _p.Pages(Base, Base + (2 * Huge)));
        Assert.Equal(1UL, _p.ReadWord(Base));
        Assert.Equal(513 * (long)Page, _p.Memory.UsedBytes);
        Process.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, new CpuPageList());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pages_that_go_while_they_are_collected_are_left_out_and_the_rest_is_installed(bool mapsAgain)
    {
        _p.WriteWord(Base, 1);
        _p.WriteWord(Base + Page, 2);
        Process.Collect(_migration, AddressRange.OfSize(Base, 4 * Page), CpuCollectKinds.ToDevice(_owner));
        Process.Unmap(AddressRange.OfSize(Base + Page, 2 * Page));
        if (mapsAgain)
        {
            Process.Map(AddressRange.OfSize(Base + Page, 2 * Page), CpuProtection.ReadWrite);
            _p.WriteWord(Base + Page, 9);
        }

        var block = new TestBlock(_device, 8);
        Assert.Equal(Errno.Ok, Process.InstallBlock(_migration, block, 4));
        Assert.Equal(mapsAgain ? "d1 s1 a1 d1" : "d1 a2 d1", _p.Pages(Base, Base + (4 * Page)));
        Process.Snapshot(new AddressRange(Base + (3 * Page), Base + (4 * Page)), _owner, _p.List);
        Assert.Equal(7, _p.List.Runs[0].FirstPage);
        Assert.False(block.IsReleased);
        Process.Discard(AddressRange.OfSize(Base, 4 * Page));
        Assert.True(block.IsReleased);
    }

    [Fact]
    public void A_block_none_of_whose_pages_was_left_is_released_at_once()
    {
        Process.Collect(_migration, AddressRange.OfSize(Base, 2 * Page), CpuCollectKinds.ToDevice(_owner));
        Process.Unmap(AddressRange.OfSize(Base, 2 * Page));
        var block = new TestBlock(_device, 2);
        Assert.Equal(Errno.Ok, Process.InstallBlock(_migration, block, 0));
        Assert.True(block.IsReleased);
        Assert.Equal(0, _p.Memory.DeviceBlocks);
    }

    [Fact]
    [Rule("HST-009")]
    public void Frames_that_were_prepared_take_the_place_of_device_pages_or_go()
    {
        _p.WriteWord(Base, 5);
        _device.Migrate(Process, Base, Base + (2 * Page));
        TestBlock block = _device.Blocks[0];
        Process.Collect(_migration, AddressRange.OfSize(Base, 2 * Page), CpuCollectKinds.OfBlock(block));
        Assert.Equal(Errno.Ok, Process.PrepareFrames(_migration));
        Assert.Equal(2, _migration.Frames.Pages);
        Process.Restore(_migration);
        Assert.Equal(0, _p.Memory.UsedBytes);
        Assert.Equal("d2", _p.Pages(Base, Base + (2 * Page)));

        Process.Collect(_migration, AddressRange.OfSize(Base, 2 * Page), CpuCollectKinds.OfBlock(block));
        Assert.Throws<InvalidOperationException>(() => Process.InstallFrames(_migration));
        Assert.Throws<InvalidOperationException>(() => Process.Collect(_migration, AddressRange.OfSize(Base, Page), default));
        Assert.Equal(Errno.Ok, TestDevice.Install(Process, _migration));
        Assert.True(block.IsReleased);
        Assert.Equal(5UL, _p.ReadWord(Base));
    }

    [Fact]
    [Rule("HST-010")]
    public void A_touch_of_a_device_page_calls_the_device_and_is_repeated()
    {
        _p.WriteWord(Base, 5);
        _device.Migrate(Process, Base, Base + Page);
        _device.PullFails = Errno.EIO;
        Assert.Equal(Errno.EIO, Process.Read(Base, new byte[8]));
        Assert.Equal(Errno.EIO, Process.Write(Base, new byte[8]));
        Assert.False(Process.TryRead(Base, new byte[8]));
        Assert.Equal("d1", _p.Pages(Base, Base + Page));

        // Time passes until the device gives it back.
        int before = _device.Pulls;
        Process.Changing += _ => Assert.Fail("nothing may change before");
        var waits = new Waits(_device, 3);
        ModelProcess other = NewProcess(out TestProcess owner);
        waits.Install(other, Base);
        Assert.Equal(Errno.Ok, other.Read(Base, new byte[8]));
        Assert.Equal(3, waits.Waited);
        Assert.Equal(before, _device.Pulls);
        owner.Dispose();
        _device.PullFails = null;
        Process.LoseUsers();
    }

    [Fact]
    public void A_block_is_evicted_page_by_page_wherever_its_pages_are()
    {
        for (ulong i = 0; i < 4; i++)
            _p.WriteWord(Base + (i * Page), i + 1);
        _device.Migrate(Process, Base, Base + (4 * Page));
        TestBlock block = _device.Blocks[0];
        Process.Unmap(AddressRange.OfSize(Base + Page, Page));
        Assert.Equal(
            Errno.Ok, Process.RemapTo(AddressRange.OfSize(Base + (2 * Page), 2 * Page), AddressRange.OfSize(Base + (8 * Page), 2 * Page)));
        _p.TakeEvents();
        Assert.Equal(Errno.Ok, _device.Evict(Process, block));
        Assert.Equal("Clear 0 1000; Clear 8000 9000; Clear 9000 a000", _p.TakeEvents());
        Assert.True(block.IsReleased);
        Assert.Equal([1UL, 3UL, 4UL], from page in new ulong[] { 0, 8, 9 } select _p.ReadWord(Base + (page * Page)));
        Assert.Equal(Errno.Ok, Process.CollectBlock(_migration, block));
        Assert.Equal(0, _migration.Sources.Pages);
        Process.Restore(_migration);
    }

    [Fact]
    public void A_page_that_goes_because_its_eviction_is_announced_is_left_out()
    {
        _device.Migrate(Process, Base, Base + (2 * Page));
        TestBlock block = _device.Blocks[0];
        bool isFirst = true;
        var listener = new Listener(change =>
        {
            if (isFirst)
            {
                isFirst = false;
                Process.Discard(AddressRange.OfSize(Base, Page));
            }
        });
        Process.Subscribe(listener, AddressRange.OfSize(Base, Page));
        Assert.Equal(Errno.Ok, _device.Evict(Process, block));
        Assert.Equal("a1 s1", _p.Pages(Base, Base + (2 * Page)));
        Process.Unsubscribe(listener);
    }

    [Fact]
    public void Pages_keep_what_the_CPU_may_do_with_them_on_the_way()
    {
        Process.Touch(AddressRange.OfSize(Base, Page), write: true);
        Process.Protect(AddressRange.OfSize(Base, Page), CpuProtection.Read);
        _device.Migrate(Process, Base, Base + Page);
        _device.Migrate(Process, Base + Page, Base + (2 * Page));
        Process.Touch(AddressRange.OfSize(Base, 2 * Page), write: false);
        Process.Snapshot(AddressRange.OfSize(Base, 2 * Page), null, _p.List);
        Assert.False(_p.List.Runs[0].IsWritable);
        Assert.True(_p.List.Runs[^1].IsWritable);
    }

    [Fact]
    public async Task A_CPU_access_waits_for_the_migration_of_another_thread()
    {
        _p.WriteWord(Base, 5);
        Process.Collect(_migration, AddressRange.OfSize(Base, Page), CpuCollectKinds.ToDevice(_owner));
        using var started = new ManualResetEventSlim();
        Task<ulong> read = Task.Run(() =>
        {
            started.Set();
            return _p.ReadWord(Base);
        });
        Task fork = Task.Run(() =>
        {
            Assert.Equal(Errno.Ok, Process.Fork(out ModelProcess? child));
            child!.Dispose();
        }, TestContext.Current.CancellationToken);
        started.Wait(TestContext.Current.CancellationToken);
        var block = new TestBlock(_device, 1);
        block.Bytes(0)[0] = 6;
        Assert.False(read.IsCompleted);
        Process.InstallBlock(_migration, block, 0);
        Assert.Equal(6UL, await read);
        await fork;
    }

    private static ModelProcess NewProcess(out TestProcess owner)
    {
        owner = new TestProcess();
        owner.Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.ReadWrite);
        return owner.Process;
    }

    /// <summary>A block that gives its pages back at the last of several touches.</summary>
    private sealed class Waits(TestDevice device, int times) : DeviceBlock
    {
        private readonly CpuMigration _migration = new();

        public int Waited { get; private set; }

        public override object Owner => device.Owner;

        public override int Pages => 1;

        public void Install(ModelProcess process, ulong address)
        {
            process.Collect(_migration, AddressRange.OfSize(address, Page), CpuCollectKinds.ToDevice(Owner));
            Assert.Equal(Errno.Ok, process.InstallBlock(_migration, this, 0));
        }

        public override Errno Pull(ICpuAddressSpace space, ulong address, in CpuVma vma)
        {
            if (Waited < times)
            {
                Waited++;
                return Waited % 2 == 0 ? Errno.Ok : Errno.EAGAIN;
            }

            space.Collect(_migration, AddressRange.OfSize(address, Page), CpuCollectKinds.OfBlock(this));
            space.PrepareFrames(_migration);
            space.InstallFrames(_migration);
            return Errno.Ok;
        }

        public override void Read(int page, Span<byte> into) => into.Clear();

        public override void Released()
        {
        }
    }
}
