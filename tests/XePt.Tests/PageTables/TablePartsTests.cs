using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>What is kept of a table, and what preparing a bind leaves behind: specification 03 sections 8 and 13.</summary>
public class TablePartsTests
{
    private const ulong Va = 0x40000000;

    [Fact]
    [Rule("PT-053")]
    public void A_table_keeps_its_memory_level_count_and_children()
    {
        using var gpu = new TestGpu(XePlatforms.Lnl);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x80001000, 3 * Page)), Va + Page), MapNull(Va + (2 * MiB), 2 * MiB),
            MapNull(Va + (6 * MiB), Page));
        List<TableCopy> tables = TableCopy.All(gpu.Vm);
        Assert.Equal([4, 3, 2, 1, 0, 0], tables.Select(table => table.Level));
        Assert.All(tables, table => Assert.Equal((512, false, 0ul), (table.Entries.Length, table.IsCompact, table.DeviceAddress % 4096)));
        Assert.Equal([0, 0, 0, Va, Va, Va + (6 * MiB)], tables.Select(table => table.Va));
        Assert.Equal([1, 1, 1, 3, 3, 1], tables.Select(table => table.Live));
        Assert.Equal([1, 1, 1, 2, 0, 0], tables.Select(table => table.HasChild.Count(hasChild => hasChild)));
        Assert.Equal(
            (true, false, false, true), (tables[3].HasChild[0], tables[3].HasChild[1], tables[3].HasChild[2], tables[3].HasChild[3]));
    }

    [Fact]
    [Rule("PT-138")]
    public void A_prepared_bind_has_a_slot_a_hull_and_a_staged_mark_and_a_failed_one_has_nothing()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, VmCreateFlags.LrMode | VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage);
        DrmXeVmBindOp first = Map(gpu.SystemPage(), Va), second = Map(gpu.SystemPage(), Va + GiB, flags: VmBindFlags.Immediate);
        int failures = 0;
        var counts = new HashSet<int>();
        RequestTrace done;
        for (int after = 0; ; after++, failures++)
        {
            gpu.Device.Failures.Arm(FailurePoint.Allocation, after);
            done = gpu.TryRun(first, second);
            gpu.Device.Failures.Disarm();
            if (done.Error == Errno.Ok)
                break;
            Assert.Equal(done.Tile.Ops.Count > 0, done.Tile.Start <= Va && Va <= done.Tile.Last);
            Assert.Equal(0, gpu.Vm.VmaCount);
            counts.Add(done.Tile.Ops.Count);
        }

        // Failures before the first op, between the two, and in the second.
        Assert.Superset(new HashSet<int> { 0, 1 }, counts);
        Assert.InRange(failures, 3, 1000);
        Assert.Equal([true, true], done.Tile.Ops.Select(op => op.IsBind));
        Assert.Equal([false, false], done.Tile.Ops.Select(op => op.IsRebind));
        Assert.True(done.Tile.Start <= Va && done.Tile.Last >= Va + GiB);
        Assert.Equal([(0u, true), (1u, false)], gpu.Vm.GetVmas().Select(vma => ((uint)vma.TilePresent, vma.TileStaged != 0)));
    }

    [Fact]
    [Rule("BIND-208")]
    [Rule("PT-161")]
    public void No_update_window_limits_the_array()
    {
        // More records than the reference's window on an integrated device with five levels holds (352 x 16).
        const int Count = 5700;
        using var gpu = new TestGpu(XePlatforms.Lnl);
        gpu.Run([.. Enumerable.Range(0, Count).Select(i => MapNull(Va + ((ulong)i * 2 * Page), Page))]);
        Assert.Equal(Count, gpu.Vm.VmaCount);
        Assert.Equal(Count, gpu.Vm.Context.Call.Tiles[0].Ops.Count);
    }
}
