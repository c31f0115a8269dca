using XePt.Bench;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Userptr.UserptrScene;

namespace XePt.Tests.Userptr;

/// <summary>Pages that change while a bind is being made (PT-167, PT-168, PT-170, BIND-207, UPTR-036).</summary>
public class UserptrBindCheckTests
{
    private const VmBindFlags Now = VmBindFlags.Immediate;

    private static readonly Dictionary<string, DrmXeVmBindOp[]> Binds = new()
    {
        ["map"] = [UserptrScene.Userptr(Now, 2 * A)],
        ["prefetch"] = [Op.Prefetch(A, Size, 0)],
        ["piece"] = [Op.Unmap(A, Page)],
        ["array"] = [Op.Null(5 * A, Page, Now), UserptrScene.Userptr(Now, A), Op.Unmap(5 * A, Page)],
    };

    public static TheoryData<string, uint> Cases =>
        [.. from name in Binds.Keys from flags in new[] { 0u, 1u, 2u, 6u, 7u } select (name, flags)];

    [Theory]
    [MemberData(nameof(Cases))]
    [Rule("PT-168")]
    [Rule("PT-167")]
    [Rule("BIND-207")]
    [Rule("UPTR-036")]
    public void Fault_mode_asks_to_repeat_the_call_and_the_other_modes_go_on(string name, uint vmFlags)
    {
        using var scene = new UserptrScene(vmFlags, vmFlags == 7 ? XePlatforms.Bmg : XePlatforms.Pvc2T);
        scene.Device.Failures.Arm(FailurePoint.UserptrCheck);
        ulong va = name == "map" ? 2 * A : name == "piece" ? A + Page : A;
        if (vmFlags >= 6)
        {
            scene.Refuses(Errno.EAGAIN, "BIND-207", Binds[name]);
            Assert.Equal((va, false), (scene.File.LastRejection.Value, scene.Vm.Context.IsBanned));
            scene.Do(Binds[name]);
            Assert.Empty(scene.Vm.InvalidatedUserptrs);
            return;
        }

        scene.Do(Binds[name]);
        Assert.Equal((va, true), (Assert.Single(scene.Vm.InvalidatedUserptrs), scene.Vm.FindVma(va)!.Value.IsStale));
        Assert.True(scene.Vm.Translate(va).IsPresent);
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Assert.Empty(scene.Vm.InvalidatedUserptrs);
    }

    /// <summary>Before any page is looked at; a range that ends exactly at the end does not wrap, but nothing can be mapped
    /// there.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(6u)]
    [Rule("BIND-178")]
    public void A_cpu_range_that_wraps_is_eoverflow(uint vmFlags)
    {
        using var scene = new UserptrScene(vmFlags);
        foreach (VmBindFlags flags in new VmBindFlags[] { 0, Now })
        {
            scene.Refuses(Errno.EOVERFLOW, "BIND-178", Wrapping(2 * Page) with { Flags = flags });
            Assert.Equal(("userptr", ulong.MaxValue - Page + 1), (scene.File.LastRejection.Field, scene.File.LastRejection.Value));
            scene.Refuses(Errno.EFAULT, "BIND-178", Wrapping(Page) with { Flags = flags });
            scene.Refuses(Errno.EOVERFLOW, "BIND-178", Op.Unmap(A, Page), Wrapping(Size) with { Flags = flags }, Op.Null(9 * A, Page));
        }

        // The notifiers are as they were: a change of the memory meets the one userptr that is there.
        Assert.Equal(1, scene.Vm.Context.Userptrs.Count);
        scene.Change();
        Assert.True(scene.Vma.IsStale);
        scene.Do(Op.Unmap(A, Page));

        static DrmXeVmBindOp Wrapping(ulong size) =>
            UserptrScene.Userptr(0, 4 * A) with { Userptr = ulong.MaxValue - Page + 1, Range = size };
    }

    [Theory]
    [InlineData(6u)]
    [InlineData(7u)]
    [Rule("PT-168")]
    public void A_deferred_map_is_not_looked_at(uint vmFlags)
    {
        using var scene = new UserptrScene(vmFlags);
        scene.Device.Failures.Arm(FailurePoint.UserptrCheck);
        scene.Do(UserptrScene.Userptr(0, 2 * A));
        scene.Refuses(Errno.EAGAIN, "BIND-207", UserptrScene.Userptr(Now, 2 * A));
    }

    [Fact]
    [Rule("PT-170")]
    [Rule("FLT-046")]
    public void A_fault_repeats_by_itself()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        scene.Change();
        scene.Device.Failures.Arm(FailurePoint.UserptrCheck);
        Assert.Equal((Errno.Ok, New), (scene.Vm.Fault(A), scene.Shown));
        Assert.Equal((0, false), (scene.Vma.TileInvalidated, scene.Vma.IsStale));
    }

    [Fact]
    [Rule("BIND-206")]
    [Rule("BIND-219")]
    public void An_array_that_fails_by_it_on_two_tiles_is_taken_back_and_bans_nothing()
    {
        using var scene = new UserptrScene(vmFlags: 6, XePlatforms.Pvc2T);
        scene.Change();
        // The page passes of the first userptr, and the second one's are found out.
        scene.Device.Failures.Arm(FailurePoint.UserptrCheck, skip: 1);
        scene.Refuses(Errno.EAGAIN, "BIND-207", Op.Prefetch(A, Size, 0), Op.Unmap(A, Page), UserptrScene.Userptr(Now, 3 * A));
        Assert.True(scene.Vma.IsStale);
        Assert.False(scene.Vm.Context.IsBanned);
    }

    [Fact]
    [Rule("PT-168")]
    public void The_check_costs_the_steady_state_nothing()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        DrmXeVmBindOp map = UserptrScene.Userptr(0, 2 * A), prefetch = Op.Prefetch(A, Size, 0), unmap = Op.Unmap(2 * A, Size);
        Assert.Equal(0, Allocations.Of(64, () => Round(scene, map, prefetch, unmap)));
    }

    private static void Round(UserptrScene scene, in DrmXeVmBindOp map, in DrmXeVmBindOp prefetch, in DrmXeVmBindOp unmap)
    {
        foreach (ref readonly DrmXeVmBindOp op in (ReadOnlySpan<DrmXeVmBindOp>)[map, prefetch, unmap])
        {
            var args = new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 1, Bind = op };
            if (scene.File.VmBind(args) != Errno.Ok)
                throw new InvalidOperationException($"{scene.File.LastRejection}");
        }
    }
}
