using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 12.4: after a failed call everything is as before.</summary>
public class UnwindRuleTests
{
    [Fact]
    [Rule("BIND-215")]
    [Rule("BIND-216")]
    [Rule("BIND-217")]
    [Rule("BIND-218")]
    public void Each_kind_of_op_is_undone_whatever_fails_behind_it()
    {
        foreach (string platform in new[] { "bmg", "lnl", "pvc-2t", "adlp" })
        {
            Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? info));
            using var scene = new BindScene(vmFlags: 0, platform: info);
            Fixture fixture = Fixture.Build(scene);
            foreach (DrmXeVmBindOp[] good in fixture.Ops)
            {
                Refuses(scene, Errno.EFAULT, [.. good, fixture.FailsAtParse]);
                Refuses(scene, Errno.EBUSY, [.. good, fixture.FailsAtLock]);
            }

            DrmXeVmBindOp[] everything = [.. fixture.Ops.SelectMany(ops => ops)];
            Refuses(scene, Errno.EFAULT, [.. everything, fixture.FailsAtParse]);
            Refuses(scene, Errno.EBUSY, [.. everything, fixture.FailsAtLock]);
            scene.Do(everything);
        }
    }

    [Fact]
    [Rule("BIND-217")]
    [Rule("BIND-218")]
    public void The_very_same_vmas_come_back()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(0, 4 * MiB), Op.Null(A, MiB));
        int split = scene.SlotAt(0), removed = scene.SlotAt(A);
        Assert.Equal(
            Errno.EFAULT,
            scene.Bind(Op.Unmap(MiB, MiB), Op.Unmap(A, MiB), Op.Map(scene.Bo("X", 0x1000), A, 0x1000), Op.Userptr(0x123_0000, 0, 0x1000)));
        Assert.Equal((split, removed), (scene.SlotAt(0), scene.SlotAt(A)));
        scene.ListIs("[0, 0x40_0000) null", "[0x1_0000_0000, 0x1_0010_0000) null");
        Assert.Equal(2, scene.Vm.Context.Space.Vmas.Count);
    }

    /// <summary>The report of a failed call is what the call did until it failed; nothing runs again to make it. Pieces of a BO without
    /// memory could not be staged.</summary>
    [Theory]
    [InlineData("split at 1 GiB")]
    [InlineData("split elsewhere")]
    [InlineData("prefetch")]
    [InlineData("both")]
    [Rule("BIND-197")]
    [Rule("BIND-215")]
    [Rule("BIND-216")]
    public void An_array_that_fails_at_locking_leaves_nothing_of_what_it_mapped_and_cut_or_prefetched(string how)
    {
        const ulong GiB = 1UL << 30;
        using BindScene failed = Scene(out DrmXeVmBindOp[] ops), never = Scene(out DrmXeVmBindOp[] same);
        ulong before = failed.Vm.StateHash();
        failed.Refuses(Errno.EINVAL, "BIND-197", [Op.Prefetch(0x10_0000, 0x1_0000, 1), .. ops]);
        Assert.Equal(ops.Length + 1, failed.Actions.Count);
        Assert.Empty(failed.Vm.GetLastRequest().Updates);
        failed.ListIs("[0x10_0000, 0x11_0000) BO S(0)");

        Assert.Equal(before, never.Vm.StateHash());
        failed.Do(ops);
        never.Do(same);
        Assert.Equal(never.Vm.StateHash(), failed.Vm.StateHash());
        Assert.Equal(never.Vm.GetVmas(), failed.Vm.GetVmas());

        BindScene Scene(out DrmXeVmBindOp[] array)
        {
            var scene = new BindScene(vmFlags: 0);
            scene.Do(Op.Map(scene.Bo("S", 0x1_0000, placement: 1), 0x10_0000, 0x1_0000));
            DrmXeVmBindOp map = Op.Map(scene.Bo("D", 2 * GiB, placement: 1, flags: GemCreateFlags.DeferBacking), A, 2 * GiB);
            DrmXeVmBindOp cut = Op.Unmap(A, how == "split elsewhere" ? GiB + 0x1000 : GiB);
            array = how switch
            {
                "prefetch" => [map, Op.Prefetch(A, 2 * GiB, 0)],
                "both" => [map, cut, Op.Prefetch(A + GiB, GiB, 0)],
                _ => [map, cut],
            };
            return scene;
        }
    }

    [Fact]
    [Rule("BIND-219")]
    public void Attributes_masks_and_pending_fences_come_back()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 4 * MiB);
        scene.Do(Op.Map(x, A, 4 * MiB, 0, VmBindFlags.Immediate | VmBindFlags.ReadOnly));
        Assert.Equal(Errno.Ok, scene.Vm.Zap(A));
        scene.VmaAt(A).Attributes.Atomic = AtomicAccess.Device;
        scene.AttachPendingUserFence(A);
        scene.Refuses(Errno.EBUSY, "BIND-195", Op.Unmap(A + MiB, MiB));
        VmaInfo vma = scene.Vm.FindVma(A)!.Value;
        Assert.Equal(
            (1, 0, 1, AtomicAccess.Device, true), (vma.TilePresent, vma.TileStaged, vma.TileInvalidated, vma.Atomic, vma.IsReadOnly));
        Assert.True(scene.RemembersUserFence(A));
    }

    [Fact]
    [Rule("BIND-219")]
    public void Residency_is_not_undone()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 0x1000, flags: GemCreateFlags.DeferBacking), y = scene.Bo("Y", 0x1000, placement: 3),
            z = scene.Bo("Z", 0x1000);
        scene.Do(Op.Map(y, A, 0x1000), Op.Map(z, 2 * A, 0x1000));
        Assert.Equal(
            Errno.EINVAL,
            scene.Bind(Op.Map(x, 0, 0x1000, 0, VmBindFlags.Immediate), Op.Prefetch(A, 0x1000, 0), Op.Prefetch(2 * A, 0x1000, 0)));
        Assert.Equal("BIND-197", scene.File.LastRejection.RuleId);
        Assert.Equal((1, 0), (scene.File.FindBo(x)!.Region, scene.File.FindBo(y)!.Region));
        scene.ListIs("[0x1_0000_0000, 0x1_0000_1000) BO Y(0)", "[0x2_0000_0000, 0x2_0000_1000) BO Z(0)");
    }

    [Fact]
    [Rule("BIND-102")]
    [Rule("BIND-219")]
    public void A_split_that_would_leave_vram_in_4k_pages_is_undone()
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Dg2);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB) with { PatIndex = 0 });
        scene.Refuses(Errno.EINVAL, "PT-080", Op.Unmap(A + 0x1000, 0x1000));
        scene.Refuses(Errno.EINVAL, "PT-080", Op.Null(0, 4ul << 30), Op.Unmap(A, 0x1000));
        scene.Do(Op.Unmap(A, 0x1_0000));
    }

    private static void Refuses(BindScene scene, Errno errno, DrmXeVmBindOp[] ops)
    {
        ulong before = scene.Vm.StateHash();
        int[] references = References(scene);
        Assert.Equal(errno, scene.Bind(ops));
        Assert.Equal(before, scene.Vm.StateHash());
        Assert.Equal(references, References(scene));
    }

    private static int[] References(BindScene scene) => [.. scene.File.Bos.Select(bo => bo.Object.References)];

    /// <summary>A VM with something of every kind in it, ops of every kind on it, and two ops that fail after them.</summary>
    private sealed record Fixture(DrmXeVmBindOp[][] Ops, DrmXeVmBindOp FailsAtParse, DrmXeVmBindOp FailsAtLock)
    {
        public static Fixture Build(BindScene scene)
        {
            var pat = (ushort)scene.Device.Platform.Pat.IndexWriteBack;
            uint vram = scene.Bo("V", 6 * MiB, scene.Device.Platform.IsDiscrete ? 2u : 1u), system = scene.Bo("S", 6 * MiB, placement: 1);
            scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 0x1_0000), new PhysicalRun(0x4_0000_0000, 0x1_0000));
            scene.Do(
                With(Op.Map(vram, A, 6 * MiB)), With(Op.Map(system, 2 * A, 6 * MiB)), With(Op.Userptr(0x7000_0000, 3 * A, 0x2_0000)),
                With(Op.Null(0, 2ul << 30)));
            DrmXeVmBindOp[][] ops =
            [
                [Op.Unmap(A, 2 * MiB)],
                [Op.Unmap(A + (2 * MiB) + 0x1_0000, 0x1_0000)],
                [Op.Map(system, A + (5 * MiB), MiB)],
                [Op.Null(0, 0x4000_0000), Op.Unmap(0x1000, 0x1000)],
                [Op.UnmapAll(system)],
                [Op.Map(system, (2 * A) - MiB, 4 * MiB), Op.Map(vram, 2 * A, 0x1_0000, 0x1_0000)],
                [Op.Unmap((3 * A) + 0x8000, 0x4000), Op.Userptr(0x7001_0000, (3 * A) + 0x8000, 0x1000)],
                [Op.Prefetch(3 * A, 0x1000, 0)],
            ];
            scene.Do(With(Op.Null(6 * A, 0x2000)));
            scene.AttachPendingUserFence(6 * A);
            return new Fixture(
                [.. ops.Select(group => group.Select(With).ToArray())], With(Op.Userptr(0x10_0000, 0, 0x1000)),
                With(Op.Unmap(6 * A, 0x1000)));

            DrmXeVmBindOp With(DrmXeVmBindOp op) => op with { PatIndex = pat };
        }
    }
}
