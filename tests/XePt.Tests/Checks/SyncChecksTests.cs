using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Tests.Checks;

public class SyncChecksTests
{
    private static readonly SyncCheckContext Plain = new() { IsLongRunning = false, UserFenceAllowed = true };
    private static readonly SyncCheckContext LongRunning = new() { IsLongRunning = true, UserFenceAllowed = true };

    private static readonly DrmXeSync In = new() { Type = SyncType.Syncobj, Handle = 7 };
    private static readonly DrmXeSync Out = In with { Flags = SyncFlags.Signal };
    private static readonly DrmXeSync Timeline = new() { Type = SyncType.TimelineSyncobj, Handle = 7, TimelineValue = 3 };
    private static readonly DrmXeSync UserFence = new() { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = 0x7f00_0000_1000 };

    [Fact]
    public void Well_formed_entries_are_accepted()
    {
        foreach (var sync in new[] { In, Out, Timeline, Timeline with { Flags = SyncFlags.Signal }, UserFence })
            Check(sync, Plain).IsAccepted();
        foreach (var sync in new[] { In, Timeline, UserFence })
            Check(sync, LongRunning).IsAccepted();
    }

    [Fact]
    [Rule("BIND-112")]
    public void An_entry_has_one_flag_and_zero_reserved_words()
    {
        Check(In with { Flags = (SyncFlags)2 }, Plain).IsRefusedBy("BIND-112", "flags", 2);
        var sync = In;
        sync.Reserved[1] = 8;
        Check(sync, Plain).IsRefusedBy("BIND-112", "reserved", 8);
    }

    [Fact]
    [Rule("BIND-113")]
    public void A_long_running_VM_signals_no_sync_objects()
    {
        Check(Out, LongRunning).IsRefusedBy("BIND-113", "flags", 1, Errno.EOPNOTSUPP);
        Check(Timeline with { Flags = SyncFlags.Signal }, LongRunning).IsRefusedBy("BIND-113", "flags", 1, Errno.EOPNOTSUPP);
    }

    [Fact]
    [Rule("BIND-114")]
    public void A_handle_has_32_bits() => Check(In with { Addr = 0x1_0000_0007 }, Plain).IsRefusedBy("BIND-114", "addr", 0x1_0000_0007);

    [Fact]
    [Rule("BIND-115")]
    public void A_timeline_point_is_not_zero()
    {
        Check(Timeline with { TimelineValue = 0 }, Plain).IsRefusedBy("BIND-115", "timeline_value", 0);
        Check(In with { TimelineValue = 0 }, Plain).IsAccepted();
    }

    [Fact]
    [Rule("BIND-119")]
    public void A_call_without_ops_signals_no_user_fence() =>
        Check(UserFence, Plain with { UserFenceAllowed = false }).IsRefusedBy("BIND-119", "type", 2, Errno.EOPNOTSUPP);

    [Fact]
    [Rule("BIND-120")]
    public void A_user_fence_cannot_be_waited_for() =>
        Check(UserFence with { Flags = 0 }, Plain).IsRefusedBy("BIND-120", "flags", 0, Errno.EOPNOTSUPP);

    [Fact]
    [Rule("BIND-121")]
    public void Example_19_a_user_fence_is_8_byte_aligned() =>
        Check(UserFence with { Addr = 0x1004 }, LongRunning).IsRefusedBy("BIND-121", "addr", 0x1004);

    [Fact]
    [Rule("BIND-123")]
    public void There_are_three_kinds_of_entries() => Check(In with { Type = (SyncType)3 }, Plain).IsRefusedBy("BIND-123", "type", 3);

    [Fact]
    [Rule("BIND-125")]
    public void A_user_fence_may_write_zero() => Check(UserFence with { TimelineValue = 0 }, LongRunning).IsAccepted();

    [Fact]
    [Rule("UAPI-003")]
    public void The_extensions_of_an_entry_are_not_read() => Check(In with { Extensions = 1 }, Plain).IsAccepted();

    [Fact]
    public void Checks_run_in_the_order_of_the_specification()
    {
        var sync = new DrmXeSync { Type = SyncType.TimelineSyncobj, Flags = (SyncFlags)3, Addr = ulong.MaxValue };
        Check(sync, LongRunning).IsRefusedBy("BIND-112", "flags", 3);
        Check(sync = sync with { Flags = SyncFlags.Signal }, LongRunning).IsRefusedBy("BIND-113", "flags", 1, Errno.EOPNOTSUPP);
        Check(sync, Plain).IsRefusedBy("BIND-114", "addr", ulong.MaxValue);
        Check(sync with { Addr = 7 }, Plain).IsRefusedBy("BIND-115", "timeline_value", 0);
        sync = new DrmXeSync { Type = SyncType.UserFence, Addr = 1 };
        Check(sync, Plain with { UserFenceAllowed = false }).IsRefusedBy("BIND-119", "type", 2, Errno.EOPNOTSUPP);
        Check(sync, Plain).IsRefusedBy("BIND-120", "flags", 0, Errno.EOPNOTSUPP);
        Check(sync with { Flags = SyncFlags.Signal }, Plain).IsRefusedBy("BIND-121", "addr", 1);
    }

    private static Rejection Check(in DrmXeSync sync, in SyncCheckContext context) => SyncChecks.Validate(in sync, in context);
}
