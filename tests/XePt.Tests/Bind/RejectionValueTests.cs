using XePt.Calls;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Memory;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>A rejection names the field that is at fault, the value it has and the entry of the array it is in.</summary>
public class RejectionValueTests
{
    [Fact]
    public void No_memory_for_page_tables_names_the_address()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(0, 0x1000));
        Rejection why = FirstFailure(scene, "PT-054", [], Op.Null(0x2000, 0x1000), Op.Null(A, 0x1000));
        Assert.Equal(("addr", A, 1), (why.Field, why.Value, why.OpIndex));
    }

    [Fact]
    public void No_memory_for_vmas_names_the_address_not_the_offset()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x10000);
        scene.Do(Op.Map(x, A, 0x8000));
        Rejection why = FirstFailure(scene, "BIND-052", [], Op.Map(x, 2 * A, 0x1000, offset: 0x7000));
        Assert.Equal(("addr", 2 * A, 0), (why.Field, why.Value, why.OpIndex));
        why = FirstFailure(scene, "BIND-052", [], Op.Unmap(A + 0x1000, 0x1000));
        Assert.Equal(("addr", 0), (why.Field, why.OpIndex));
        Assert.Contains(why.Value, new[] { A, A + 0x1000 });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_memory_for_pt_ops_says_for_how_many_binds(int binds)
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Device.Failures.Arm(FailurePoint.PtOpAllocation);
        scene.Refuses(binds > 1 ? Errno.ENOBUFS : Errno.ENOMEM, "BIND-054", [.. Enumerable.Repeat(Op.Null(A, 0x1000), binds)]);
        Assert.Equal(("num_binds", (ulong)binds), (scene.File.LastRejection.Field, scene.File.LastRejection.Value));
        scene.Device.Failures.Arm(FailurePoint.Execute);
        scene.Refuses(Errno.ENOMEM, "BIND-054", [.. Enumerable.Repeat(Op.Null(A, 0x1000), binds)]);
        Assert.Equal((ulong)binds, scene.File.LastRejection.Value);
    }

    [Theory]
    [InlineData(FailurePoint.Lock, "num_binds", 2ul)]
    [InlineData(FailurePoint.Prepare, "tile", 1ul)]
    [InlineData(FailurePoint.Run, "tile", 1ul)]
    [Rule("BIND-223")]
    public void An_armed_failure_says_where_it_was(FailurePoint point, string field, ulong value)
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Pvc2T);
        scene.Device.Failures.Arm(point, skip: point == FailurePoint.Lock ? 0 : 1);
        Assert.Equal(Errno.ENOSPC, scene.Bind(Op.Null(0, 0x1000), Op.Null(A, 0x1000)));
        Rejection why = scene.File.LastRejection;
        Assert.Equal(("BIND-223", field, value, -1), (why.RuleId, why.Field, why.Value, why.OpIndex));
    }

    [Fact]
    [Rule("BIND-220")]
    public void A_forced_failure_shows_the_flags_that_asked_for_it()
    {
        using var scene = new BindScene(vmFlags: 0, debugBuild: true);
        const VmBindFlags Flags = VmBindFlags.ReadOnly | VmBindFlags.ForceOpError;
        foreach (string step in new[] { "preparing", "running", "locking" })
        {
            scene.Refuses(Errno.ENOSPC, "BIND-220", Op.Null(0, 0x1000), Op.Null(A, 0x1000, Flags));
            Rejection why = scene.File.LastRejection;
            Assert.Equal(("flags", 0x8000_0005ul, 1), (why.Field, why.Value, why.OpIndex));
            Assert.Contains(step, why.Because);
        }
    }

    [Fact]
    [Rule("BIND-050")]
    public void A_refused_sync_entry_is_named_by_its_index()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint held = scene.File.SyncobjCreate(signalled: true);
        DrmXeSync good = Op.In(held);
        foreach ((DrmXeSync bad, string field) in new[] { (Op.In(77), "handle"), (good with { Flags = (SyncFlags)2 }, "flags"),
            (Op.UserFence(0x1004, 1), "addr") })
        {
            Assert.NotEqual(Errno.Ok, scene.Bind([good, good, bad], Op.Null(A, 0x1000)));
            Rejection why = scene.File.LastRejection;
            Assert.Equal((field, 2, -1), (why.Field, why.SyncIndex, why.OpIndex));
            Assert.Contains("sync 2: ", why.ToString());
        }

        scene.Do(Op.Null(A, 0x1000));
        Assert.Equal(Errno.EFAULT, scene.File.VmBind(new DrmXeVmBind { VmId = scene.Vm.Id, NumSyncs = 2 }, [], [good]));
        Assert.Equal(1, scene.File.LastRejection.SyncIndex);
    }

    [Fact]
    [Rule("BIND-212")]
    public void The_in_sync_that_nothing_waits_for_is_named_by_its_index()
    {
        using var scene = new BindScene();
        uint held = scene.File.SyncobjCreate(signalled: true);
        Assert.Equal(Errno.EOPNOTSUPP, scene.Bind([Op.UserFence(0x7000, 1), Op.In(held)], scene.Mirror(0, E)));
        Assert.Equal(1, scene.File.LastRejection.SyncIndex);
    }

    [Fact]
    [Rule("BIND-223")]
    public void A_failed_sync_parse_says_how_many_syncs_there_are()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Device.Failures.Arm(FailurePoint.SyncParse, skip: 1);
        DrmXeSync sync = Op.In(scene.File.SyncobjCreate(signalled: true));
        scene.Refuses(Errno.ENOMEM, "BIND-050", [sync, sync, sync], Op.Null(A, 0x1000));
        Rejection why = scene.File.LastRejection;
        Assert.Equal(("num_syncs", 3ul, 1), (why.Field, why.Value, why.SyncIndex));
    }

    [Fact]
    [Rule("BIND-146")]
    public void An_interval_that_the_split_core_does_not_take_is_einval()
    {
        using var scene = new BindScene(vmFlags: 0);
        MadeUpCall.Run(scene.Vm, () =>
        {
            BindCall call = scene.Vm.Context.Call;
            call.Requests.TryAdd(new XePt.Gpuva.BindRequest { Given = Op.Unmap(E, 0x1000) });
            Assert.Equal(Outcome.Refused, XePt.Pipeline.BindPipeline.Split<AnyCall>(scene.Vm.Context, call));
        });

        Rejection why = scene.Vm.LastRejection;
        Assert.Equal(("BIND-146", "addr", E, 0), (why.RuleId, why.Field, why.Value, why.OpIndex));
    }

    /// <summary>Lets one allocation after the other fail until this rule refuses the call.</summary>
    private static Rejection FirstFailure(BindScene scene, string rule, DrmXeSync[] syncs, params ReadOnlySpan<DrmXeVmBindOp> ops)
    {
        FailureInjector failures = scene.Device.Failures;
        for (int after = 0; after < 100; after++)
        {
            failures.Arm(FailurePoint.Allocation, after);
            Errno errno = scene.Bind(syncs, ops);
            failures.Disarm();
            if (errno == Errno.Ok)
                break;
            if (scene.File.LastRejection.RuleId == rule)
                return scene.File.LastRejection;
        }

        throw new InvalidOperationException($"no allocation makes {rule} refuse the call");
    }
}
