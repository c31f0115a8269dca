using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Queues.QueueOps;

namespace XePt.Tests.Queues;

/// <summary>BIND-103 and BIND-105: making, destroying and asking exec queues.</summary>
public sealed class QueueCreateRuleTests : IDisposable
{
    private static readonly DrmXeEngineClassInstance Copy = Engine(EngineClass.Copy), Bind = Engine(EngineClass.VmBind);

    private readonly BindScene _scene = new(vmFlags: 0);

    private XeFile File => _scene.File;

    private uint Vm => _scene.Vm.Id;

    public void Dispose() => _scene.Dispose();

    /// <summary>Each row breaks one step more than it must, the later steps too: the first one decides.</summary>
    [Fact]
    [Rule("BIND-103")]
    public void Steps_are_checked_in_order()
    {
        DrmXeExecQueueCreate bad = Args(vm: 99, width: 4, placements: 4) with { Flags = (ExecQueueCreateFlags)2, Extensions = 0xbad0 };
        bad.Reserved[1] = 1;
        Refuses(Errno.EINVAL, "flags", bad);
        bad.Flags = ExecQueueCreateFlags.LowLatencyHint;
        Refuses(Errno.EINVAL, "reserved", bad);
        bad.Reserved[1] = 0;
        Refuses(Errno.EINVAL, "width", bad);
        bad.Width = 0;
        Refuses(Errno.EINVAL, "width", bad);
        (bad.Width, bad.NumPlacements) = (1, 0);
        Refuses(Errno.EINVAL, "num_placements", bad);
        bad.NumPlacements = 2;
        Refuses(Errno.EFAULT, "instances", bad, Engine(EngineClass.Copy, gt: 7));
        Refuses(Errno.EINVAL, "gt_id", bad, Engine(EngineClass.Copy, instance: 9, gt: 7), Copy);
        Refuses(Errno.EINVAL, "instances", bad, Engine(EngineClass.Copy, instance: 9), Copy);
        Refuses(Errno.ENOENT, "vm_id", bad, Copy, Copy);
        bad.VmId = Vm;
        File.UserMemory = new MemoryWithHole(_scene.UserMemory);
        bad.Extensions = 0xdead_0000;
        Refuses(Errno.EFAULT, "extensions", bad, "UAPI-004", Copy, Copy);
        bad.Extensions = 0;
        Assert.Equal(Errno.Ok, File.ExecQueueCreate(ref bad, Copy, Copy));
        Assert.Equal(1u, bad.ExecQueueId);
    }

    [Fact]
    [Rule("BIND-103")]
    public void A_bind_queue_has_one_engine_of_instance_0_and_a_lane_per_tile()
    {
        Refuses(Errno.EINVAL, "width", Args(99, width: 2), Bind, Bind);
        Refuses(Errno.EINVAL, "num_placements", Args(99, placements: 2), Bind, Bind);
        Refuses(Errno.EINVAL, "engine_instance", Args(99), Engine(EngineClass.VmBind, instance: 1));
        Refuses(Errno.EINVAL, "gt_id", Args(99), Engine(EngineClass.VmBind, gt: 5));
        Refuses(Errno.ENOENT, "vm_id", Args(99), Bind);
        Assert.Single(File.BindQueue(Vm).Binds!.Lanes);

        using var twoTiles = new BindScene(vmFlags: 0, platform: XePlatforms.Pvc2T);
        ExecQueue queue = twoTiles.File.BindQueue(twoTiles.Vm.Id);
        Assert.True(queue.IsBindQueue);
        Assert.Equal(2, queue.Binds!.Lanes.Length);
    }

    [Theory]
    [InlineData(EngineClass.Copy)]
    [InlineData(EngineClass.VmBind)]
    [Rule("BIND-103")]
    [Rule("BIND-015")]
    public void A_banned_vm_gets_no_queue(EngineClass engineClass)
    {
        _scene.Vm.Context.Ban();
        Refuses(Errno.ENOENT, "vm_id", Args(Vm), Engine(engineClass));
    }

    [Fact]
    [Rule("BIND-223")]
    public void A_bind_queue_that_cannot_be_made_leaves_nothing()
    {
        _scene.Device.Failures.Arm(FailurePoint.BindQueueCreate);
        Refuses(Errno.ENOMEM, "vm_id", Args(Vm), "BIND-223", Bind);
        Assert.Equal(1u, File.BindQueue(Vm).Id);
    }

    /// <summary>On a GPU with 8 copy engines: width, placement by placement, and whether it is a possible queue.</summary>
    [Theory]
    [InlineData(1, "0", true)]
    [InlineData(1, "7", true)]
    [InlineData(1, "8", false)]
    [InlineData(1, "3 1 3", true)]
    [InlineData(2, "0 1", true)]
    [InlineData(2, "1 0", false)]
    [InlineData(2, "0 2", false)]
    [InlineData(2, "0 0", false)]
    [InlineData(2, "0 1 4 5", true)]
    [InlineData(2, "0 5 4 1", true)]
    [InlineData(2, "0 1 4 6", false)]
    [InlineData(3, "1 2 3 5 6 7", true)]
    [InlineData(9, "0 1 2 3 4 5 6 7 8", false)]
    [Rule("BIND-103")]
    public void The_engines_of_a_parallel_queue_lie_side_by_side(int width, string instances, bool isPossible)
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Pvc);
        DrmXeEngineClassInstance[] engines = [.. instances.Split(' ').Select(instance => Engine(EngineClass.Copy, int.Parse(instance)))];
        DrmXeExecQueueCreate args = Args(scene.Vm.Id, width, engines.Length / width);
        Assert.Equal(isPossible ? Errno.Ok : Errno.EINVAL, scene.File.ExecQueueCreate(ref args, engines));
    }

    [Fact]
    [Rule("BIND-103")]
    public void The_engines_of_a_queue_are_of_one_class_on_one_gt()
    {
        Refuses(Errno.EINVAL, "instances", Args(Vm, placements: 2), Engine(EngineClass.Copy), Engine(EngineClass.Render));
        Refuses(Errno.EINVAL, "instances", Args(Vm, placements: 2), Engine(EngineClass.Copy), Engine(EngineClass.Copy, gt: 1));
        Refuses(Errno.EINVAL, "instances", Args(Vm), Engine(EngineClass.VideoDecode, gt: 0));
        Refuses(Errno.EINVAL, "instances", Args(Vm), Engine((EngineClass)6));
        Refuses(Errno.EINVAL, "instances", Args(Vm, placements: 2), Copy, Bind);
        DrmXeExecQueueCreate media = Args(Vm, placements: 2);
        Assert.Equal(Errno.Ok,
            File.ExecQueueCreate(ref media, Engine(EngineClass.VideoDecode, 0, gt: 1), Engine(EngineClass.VideoDecode, 1, gt: 1)));
    }

    [Fact]
    [Rule("UAPI-008")]
    public void Priority_and_time_slice_are_taken_from_the_chain_in_order()
    {
        ulong chain = Chain(
            (ExecQueueProperty.Priority, 1ul), (ExecQueueProperty.Timeslice, 5000ul), (ExecQueueProperty.Priority, 0ul),
            (ExecQueueProperty.PxpType, 0ul));
        DrmXeExecQueueCreate args = Args(Vm) with { Extensions = chain };
        Assert.Equal(Errno.Ok, File.ExecQueueCreate(ref args, Copy));
        ExecQueue queue = File.FindQueue(args.ExecQueueId)!;
        Assert.Equal((0u, 5000ul), (queue.Priority, queue.Timeslice));
        Assert.Equal((XeLimits.PriorityNormal, ExecQueue.DefaultTimeslice), (File.Queue(Vm).Priority, File.Queue(Vm).Timeslice));
    }

    [Theory]
    [InlineData(ExecQueueProperty.Priority, 2, Errno.EPERM)]
    [InlineData(ExecQueueProperty.Priority, 3, Errno.EINVAL)]
    [InlineData(ExecQueueProperty.Timeslice, 0, Errno.EINVAL)]
    [InlineData(ExecQueueProperty.Timeslice, 10_000_001, Errno.EINVAL)]
    [InlineData(ExecQueueProperty.PxpType, 1, Errno.ENODEV)]
    [InlineData(ExecQueueProperty.PxpType, 2, Errno.EINVAL)]
    [InlineData(ExecQueueProperty.PxpType, 1ul << 32, Errno.EINVAL)]
    [InlineData(ExecQueueProperty.MultiGroup, 1, Errno.ENODEV)]
    [InlineData(ExecQueueProperty.MultiGroup, 1ul << 63, Errno.ENODEV)]
    [InlineData(ExecQueueProperty.MultiQueuePriority, 0, Errno.EINVAL)]
    [InlineData(ExecQueueProperty.MultiQueuePriority, 2, Errno.EINVAL)]
    [InlineData(ExecQueueProperty.MultiQueuePriority, 3, Errno.EINVAL)]
    [Rule("UAPI-008")]
    public void A_property_that_is_refused_leaves_no_queue(ExecQueueProperty property, ulong value, Errno expected)
    {
        DrmXeExecQueueCreate args = Args(Vm) with { Extensions = Chain((ExecQueueProperty.Priority, 0ul), (property, value)) };
        Refuses(expected, null, args, "UAPI-008", Copy);
        Refuses(expected, null, args, "UAPI-008", Bind);

        // Privilege is about the priority alone: the driver is built to hold everybody to the limits of a time slice.
        File.IsPrivileged = true;
        Errno privileged = expected == Errno.EPERM ? Errno.Ok : expected;
        Assert.Equal(privileged, File.ExecQueueCreate(ref args, Copy));
        // The next call starts with a chain of its own.
        args.Extensions = Chain((ExecQueueProperty.Priority, 1ul));
        Assert.Equal(Errno.Ok, File.ExecQueueCreate(ref args, Bind));
    }

    /// <summary>That a priority has no group is seen only behind the last link, and the value before that.</summary>
    [Fact]
    [Rule("UAPI-008")]
    public void A_multi_queue_priority_needs_a_group_somewhere_in_the_chain()
    {
        DrmXeExecQueueCreate args = Args(Vm);
        args.Extensions = Chain((ExecQueueProperty.MultiQueuePriority, 1ul), (ExecQueueProperty.Priority, 3ul));
        Refuses(Errno.EINVAL, "value", args, "UAPI-008", Copy);
        args.Extensions = Chain((ExecQueueProperty.MultiQueuePriority, 1ul), (ExecQueueProperty.Priority, 2ul));
        Refuses(Errno.EPERM, "value", args, "UAPI-008", Copy);
        args.Extensions = Chain((ExecQueueProperty.MultiQueuePriority, 1ul), (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate));
        Refuses(Errno.ENODEV, "property", args, "UAPI-008", Copy);
        args.Extensions = Chain((ExecQueueProperty.MultiQueuePriority, 3ul), (ExecQueueProperty.MultiGroup, XeConstants.MultiGroupCreate));
        Refuses(Errno.EINVAL, "value", args, "UAPI-008", Copy);
        args.Extensions = Chain((ExecQueueProperty.MultiQueuePriority, 1ul), (ExecQueueProperty.Priority, 1ul));
        Refuses(Errno.EINVAL, "extensions", args, "UAPI-008", Copy);
    }

    [Fact]
    [Rule("UAPI-004")]
    [Rule("UAPI-005")]
    [Rule("UAPI-001")]
    public void Sixteen_links_pass_the_seventeenth_does_not()
    {
        (ExecQueueProperty, ulong)[] links = [.. Enumerable.Repeat((ExecQueueProperty.Priority, 0ul), 16)];
        DrmXeExecQueueCreate args = Args(Vm) with { Extensions = Chain(links) };
        Assert.Equal(Errno.Ok, File.ExecQueueCreate(ref args, Copy));
        args.Extensions = Chain([.. links, (ExecQueueProperty.Priority, 0ul)]);
        Assert.Equal(Errno.E2BIG, File.ExecQueueCreate(ref args, Copy));
        Assert.Single(File.Queues);
    }

    [Fact]
    [Rule("BIND-105")]
    public void A_destroyed_id_is_used_again()
    {
        Assert.Equal([1u, 2u, 3u], [File.Queue(Vm).Id, File.BindQueue(Vm).Id, File.Queue(Vm).Id]);
        Assert.Equal(Errno.Ok, File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = 2 }));
        Assert.Equal(Errno.ENOENT, File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = 2 }));
        Assert.Equal(Errno.ENOENT, File.ExecQueueDestroy(default));
        Assert.Equal(Errno.EINVAL, File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = 9, Pad = 1 }));
        Assert.Equal([2u, 4u], [File.Queue(Vm).Id, File.Queue(Vm).Id]);
    }

    [Fact]
    [Rule("BIND-105")]
    public void Ban_is_the_only_property_to_read()
    {
        var get = new DrmXeExecQueueGetProperty { ExecQueueId = 9, Property = (ExecQueueReadableProperty)1, Value = 7 };
        Assert.Equal((Errno.ENOENT, 7ul), (File.ExecQueueGetProperty(ref get), get.Value));
        get.Reserved[0] = 1;
        Assert.Equal(Errno.EINVAL, File.ExecQueueGetProperty(ref get));
        get = new DrmXeExecQueueGetProperty { ExecQueueId = File.BindQueue(Vm).Id, Property = (ExecQueueReadableProperty)1, Value = 7 };
        Assert.Equal((Errno.EINVAL, 7ul), (File.ExecQueueGetProperty(ref get), get.Value));
        get.Property = ExecQueueReadableProperty.Ban;
        Assert.Equal((Errno.Ok, 0ul), (File.ExecQueueGetProperty(ref get), get.Value));
    }

    [Fact]
    public void Nothing_can_be_set_later_without_multi_queue_groups()
    {
        ExecQueue queue = File.Queue(Vm);
        var set = new DrmXeExecQueueSetProperty { ExecQueueId = 9, Property = ExecQueueProperty.Priority, Value = 3 };
        set.Reserved[1] = 1;
        (Errno Errno, string Field, Action Mend)[] steps =
        [
            (Errno.EINVAL, "reserved", () => set.Reserved[1] = 0),
            (Errno.EINVAL, "property", () => set.Property = ExecQueueProperty.MultiQueuePriority),
            (Errno.ENOENT, "exec_queue_id", () => set.ExecQueueId = queue.Id),
            (Errno.EINVAL, "value", () => set.Value = 2),
            (Errno.EINVAL, "property", () => set.Value = 0),
            (Errno.EINVAL, "property", () => { }),
        ];
        foreach ((Errno errno, string field, Action mend) in steps)
        {
            Assert.Equal((errno, field), (File.ExecQueueSetProperty(set), File.LastRejection.Field));
            mend();
        }

        Assert.Equal((XeLimits.PriorityNormal, ExecQueue.DefaultTimeslice), (queue.Priority, queue.Timeslice));
    }

    [Fact]
    [Rule("BIND-103")]
    public void The_untyped_entry_reads_the_instances_from_user_memory()
    {
        const ulong At = 0x7f00_0000_0000;
        DrmXeEngineClassInstance[] engines = [Copy, Copy];
        File.UserMemory.TryWrite(At, MemoryMarshal.AsBytes<DrmXeEngineClassInstance>(engines));
        DrmXeExecQueueCreate args = Args(Vm, placements: 2) with { Instances = At };
        Assert.Equal(Errno.Ok, File.Ioctl(XeIoctl.ExecQueueCreate, MemoryMarshal.AsBytes(new Span<DrmXeExecQueueCreate>(ref args))));
        Assert.Equal((1u, 2), (args.ExecQueueId, File.FindQueue(1)!.Engines.Length));

        File.UserMemory = new MemoryWithHole(_scene.UserMemory);
        args.Instances = 0xdead_0000;
        Assert.Equal(Errno.EFAULT, File.Ioctl(XeIoctl.ExecQueueCreate, MemoryMarshal.AsBytes(new Span<DrmXeExecQueueCreate>(ref args))));
    }

    [Fact]
    public void Every_platform_has_the_engines_that_its_gts_list()
    {
        foreach (PlatformInfo platform in XePlatforms.All)
        {
            using var device = new XeDevice(platform);
            XeFile file = device.OpenFile();
            var vm = default(DrmXeVmCreate);
            Assert.Equal(Errno.Ok, file.VmCreate(ref vm));
            Assert.NotEmpty(platform.Engines);
            Assert.DoesNotContain(platform.Engines, engine => engine.EngineClass == EngineClass.VmBind);
            foreach (DrmXeEngineClassInstance engine in platform.Engines)
            {
                DrmXeExecQueueCreate args = Args(vm.VmId);
                Assert.Equal(Errno.Ok, file.ExecQueueCreate(ref args, engine));
            }
        }
    }

    private void Refuses(Errno errno, string? field, DrmXeExecQueueCreate args, params ReadOnlySpan<DrmXeEngineClassInstance> engines) =>
        Refuses(errno, field, args, "BIND-103", engines);

    private void Refuses(
        Errno errno, string? field, DrmXeExecQueueCreate args, string rule, params ReadOnlySpan<DrmXeEngineClassInstance> engines)
    {
        int before = File.Queues.Count;
        Assert.Equal((errno, rule), (File.ExecQueueCreate(ref args, engines), File.LastRejection.RuleId));
        Assert.Equal(field ?? File.LastRejection.Field, File.LastRejection.Field);
        Assert.Equal((0u, before), (args.ExecQueueId, File.Queues.Count));
    }

    private ulong Chain(params ReadOnlySpan<(ExecQueueProperty Property, ulong Value)> links)
    {
        const ulong At = 0x5000_0000;
        ulong next = 0;
        for (int i = links.Length - 1; i >= 0; i--)
        {
            var link = new DrmXeExtSetProperty { Property = (uint)links[i].Property, Value = links[i].Value };
            link.Base.NextExtension = next;
            next = At + ((ulong)i * 0x100);
            Assert.True(File.UserMemory.TryWrite(next, MemoryMarshal.AsBytes(new Span<DrmXeExtSetProperty>(ref link))));
        }

        return next;
    }
}
