using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Tests.Checks;

/// <summary>Argument checks of exec queues, EXEC and WAIT_USER_FENCE.</summary>
public class QueueChecksTests
{
    private static readonly DeviceCheckContext Device = new() { GraphicsVerx100 = 2001, MemoryRegionMask = 3, GtMask = 1 };
    private static readonly DrmXeExecQueueCreate Queue = new() { Width = 1, NumPlacements = 1, VmId = 1, Extensions = 0x1000 };
    private static readonly DrmXeWaitUserFence Wait =
        new() { Addr = 0x1000, Op = UserFenceWaitOp.LessOrEqual, Flags = UserFenceWaitFlags.AbsoluteTime };

    [Fact]
    [Rule("BIND-103")]
    public void EXEC_QUEUE_CREATE_checks_in_the_order_of_the_specification()
    {
        var queue = new DrmXeExecQueueCreate { Flags = (ExecQueueCreateFlags)2 };
        queue.Reserved[0] = 9;
        ExecQueueCreateChecks.Validate(queue).IsRefusedBy("BIND-103", "flags", 2);
        ExecQueueCreateChecks.Validate(queue = queue with { Flags = ExecQueueCreateFlags.LowLatencyHint })
            .IsRefusedBy("BIND-103", "reserved", 9);
        ExecQueueCreateChecks.Validate(queue = queue with { Reserved = default }).IsRefusedBy("BIND-103", "width", 0);
        ExecQueueCreateChecks.Validate(queue = queue with { Width = 3 }).IsRefusedBy("BIND-103", "num_placements", 0);
        ExecQueueCreateChecks.Validate(queue with { NumPlacements = 4 }).IsRefusedBy("BIND-103", "width", 3);
        ExecQueueCreateChecks.Validate(queue with { NumPlacements = 3 }).IsAccepted();
        ExecQueueCreateChecks.Validate(queue with { Width = ushort.MaxValue, NumPlacements = ushort.MaxValue })
            .IsRefusedBy("BIND-103", "width", 0xffff);
    }

    [Fact]
    [Rule("BIND-103")]
    public void The_first_engine_instance_names_an_existing_GT()
    {
        EngineInstanceChecks.Validate(new() { GtId = 0 }, Device).IsAccepted();
        EngineInstanceChecks.Validate(new() { GtId = 1 }, Device).IsRefusedBy("BIND-103", "gt_id", 1);
        EngineInstanceChecks.Validate(new() { GtId = 64 }, Device).IsRefusedBy("BIND-103", "gt_id", 64);
    }

    [Fact]
    [Rule("BIND-103")]
    public void A_bind_queue_has_width_1_one_placement_and_instance_0()
    {
        BindQueueChecks.Validate(Queue).IsAccepted();
        BindQueueChecks.Validate(Queue with { Width = 2, NumPlacements = 2 }).IsRefusedBy("BIND-103", "width", 2);
        BindQueueChecks.Validate(Queue with { NumPlacements = 2 }).IsRefusedBy("BIND-103", "num_placements", 2);
        EngineInstanceChecks.Validate(new() { EngineClass = EngineClass.VmBind, EngineInstance = 1 }, Device)
            .IsRefusedBy("BIND-103", "engine_instance", 1);
        EngineInstanceChecks.Validate(new() { EngineClass = EngineClass.Copy, EngineInstance = 1 }, Device).IsAccepted();
    }

    [Fact]
    [Rule("BIND-105")]
    [Rule("UAPI-003")]
    public void EXEC_QUEUE_DESTROY_and_GET_PROPERTY_want_zero_padding()
    {
        ExecQueueDestroyChecks.Validate(new() { ExecQueueId = 1 }).IsAccepted();
        ExecQueueDestroyChecks.Validate(new() { Pad = 1 }).IsRefusedBy("BIND-105", "pad", 1);
        var destroy = new DrmXeExecQueueDestroy();
        destroy.Reserved[1] = 2;
        ExecQueueDestroyChecks.Validate(destroy).IsRefusedBy("BIND-105", "reserved", 2);
        var get = new DrmXeExecQueueGetProperty { Extensions = 1, Property = (ExecQueueReadableProperty)9 };
        ExecQueueGetPropertyChecks.Validate(get).IsAccepted();
        get.Reserved[0] = 3;
        ExecQueueGetPropertyChecks.Validate(get).IsRefusedBy("BIND-105", "reserved", 3);
    }

    [Fact]
    [Rule("01 section 9")]
    [Rule("UAPI-003")]
    public void EXEC_QUEUE_SET_PROPERTY_sets_the_multi_queue_priority_only()
    {
        var set = new DrmXeExecQueueSetProperty { Property = ExecQueueProperty.MultiQueuePriority, Value = 2, Extensions = 1 };
        ExecQueueSetPropertyChecks.Validate(set).IsAccepted();
        ExecQueueSetPropertyChecks.Validate(set with { Property = ExecQueueProperty.Priority }).IsRefusedBy("01 section 9", "property", 0);
        // The value is looked at after the queue.
        ExecQueueSetPropertyChecks.Validate(set with { Value = 3 }).IsAccepted();
        set.Reserved[1] = 4;
        ExecQueueSetPropertyChecks.Validate(set).IsRefusedBy("01 section 9", "reserved", 4);
    }

    [Fact]
    [Rule("BIND-108")]
    [Rule("UAPI-002")]
    public void EXEC_wants_zero_padding_and_at_most_1024_syncs()
    {
        ExecChecks.Validate(new() { NumSyncs = 1024, NumBatchBuffer = 99 }).IsAccepted();
        ExecChecks.Validate(new() { NumSyncs = 1025 }).IsRefusedBy("BIND-108", "num_syncs", 1025);
        ExecChecks.Validate(new() { Extensions = 1, NumSyncs = 1025 }).IsRefusedBy("BIND-108", "extensions", 1);
        var exec = new DrmXeExec();
        exec.Reserved[0] = 2;
        ExecChecks.Validate(exec).IsRefusedBy("BIND-108", "reserved", 2);
        exec.Pad[1] = 3;
        ExecChecks.Validate(exec).IsRefusedBy("BIND-108", "pad", 3);
    }

    [Fact]
    [Rule("BIND-254")]
    [Rule("UAPI-002")]
    public void WAIT_USER_FENCE_checks_in_the_order_of_the_specification()
    {
        var wait = new DrmXeWaitUserFence { Addr = 4, Op = (UserFenceWaitOp)6, Flags = (UserFenceWaitFlags)2, Pad2 = 5 };
        WaitUserFenceChecks.Validate(wait).IsRefusedBy("BIND-254", "pad2", 5);
        WaitUserFenceChecks.Validate(wait = wait with { Pad2 = 0 }).IsRefusedBy("BIND-254", "flags", 2);
        WaitUserFenceChecks.Validate(wait = wait with { Flags = 0 }).IsRefusedBy("BIND-254", "op", 6);
        WaitUserFenceChecks.Validate(wait = wait with { Op = 0 }).IsRefusedBy("BIND-254", "addr", 4);
        WaitUserFenceChecks.Validate(wait with { Addr = 8 }).IsAccepted();
        WaitUserFenceChecks.Validate(Wait).IsAccepted();
    }

    [Fact]
    [Rule("BIND-254")]
    public void WAIT_USER_FENCE_wants_zero_padding()
    {
        WaitUserFenceChecks.Validate(Wait with { Extensions = 1 }).IsRefusedBy("BIND-254", "extensions", 1);
        WaitUserFenceChecks.Validate(Wait with { Pad = 2 }).IsRefusedBy("BIND-254", "pad", 2);
        var wait = Wait;
        wait.Reserved[1] = 3;
        WaitUserFenceChecks.Validate(wait).IsRefusedBy("BIND-254", "reserved", 3);
    }
}
