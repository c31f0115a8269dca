using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Tests.Checks;

public class ExtensionChecksTests
{
    private static readonly DeviceCheckContext Device = new() { GraphicsVerx100 = 2004, MemoryRegionMask = 1, GtMask = 1 };

    private static readonly ExecQueuePropertyCheckContext Caller = new()
    {
        MaxPriority = XeLimits.PriorityNormal,
        MinTimeslice = 1,
        MaxTimeslice = 10_000_000,
    };

    [Fact]
    [Rule("UAPI-004")]
    [Rule("UAPI-001")]
    public void A_link_has_a_known_name_and_zero_padding()
    {
        var link = new DrmXeUserExtension { NextExtension = 0x1000 };
        foreach (var check in new Func<DrmXeUserExtension, Rejection>[] { l => GemCreateExtensionChecks.Validate(l),
            l => ExecQueueExtensionChecks.Validate(l) })
        {
            check(link).IsAccepted();
            check(link with { Pad = 1, Name = 1 }).IsRefusedBy("UAPI-004", "pad", 1);
            check(link with { Name = 1 }).IsRefusedBy("UAPI-004", "name", 1);
        }
    }

    [Fact]
    [Rule("UAPI-006")]
    public void A_property_is_known_and_has_zero_padding()
    {
        Gem(new() { Property = 1 }).IsRefusedBy("UAPI-006", "property", 1);
        Gem(new() { Pad = 2 }).IsRefusedBy("UAPI-006", "pad", 2);
        Queue(new() { Property = 6 }).IsRefusedBy("UAPI-006", "property", 6);
        Queue(new() { Pad = 2 }).IsRefusedBy("UAPI-006", "pad", 2);
        var reserved = new DrmXeExtSetProperty();
        reserved.Reserved[1] = 3;
        Gem(reserved).IsAccepted();
        Queue(reserved).IsAccepted();
    }

    [Fact]
    [Rule("UAPI-007")]
    public void Protected_content_needs_a_device_that_has_it()
    {
        Gem(new() { Value = 0 }).IsAccepted();
        Gem(new() { Value = 1 }).IsRefusedBy("UAPI-007", "value", 1, Errno.ENODEV);
        Gem(new() { Value = 2 }).IsRefusedBy("UAPI-007", "value", 2);
        GemCreatePropertyChecks.Validate(new() { Value = 1 }, Device with { HasProtectedContent = true }).IsAccepted();
    }

    [Fact]
    [Rule("UAPI-008")]
    public void Priority_is_limited_by_the_caller()
    {
        Queue(Property(ExecQueueProperty.Priority, 1)).IsAccepted();
        Queue(Property(ExecQueueProperty.Priority, 2)).IsRefusedBy("UAPI-008", "value", 2, Errno.EPERM);
        Queue(Property(ExecQueueProperty.Priority, 3)).IsRefusedBy("UAPI-008", "value", 3);
        ExecQueuePropertyChecks.Validate(Property(ExecQueueProperty.Priority, 2), Caller with { MaxPriority = XeLimits.PriorityHigh })
            .IsAccepted();
    }

    [Fact]
    [Rule("UAPI-008")]
    public void Time_slice_lies_between_its_limits()
    {
        Queue(Property(ExecQueueProperty.Timeslice, 1)).IsAccepted();
        Queue(Property(ExecQueueProperty.Timeslice, 10_000_000)).IsAccepted();
        Queue(Property(ExecQueueProperty.Timeslice, 0)).IsRefusedBy("UAPI-008", "value", 0);
        Queue(Property(ExecQueueProperty.Timeslice, 10_000_001)).IsRefusedBy("UAPI-008", "value", 10_000_001);
    }

    [Fact]
    [Rule("UAPI-008")]
    public void Other_properties_are_not_offered()
    {
        Queue(Property(ExecQueueProperty.PxpType, 0)).IsAccepted();
        Queue(Property(ExecQueueProperty.PxpType, 1)).IsRefusedBy("UAPI-008", "property", 2, Errno.ENODEV);
        Queue(Property(ExecQueueProperty.PxpType, 2)).IsRefusedBy("UAPI-008", "value", 2);
        Queue(Property(ExecQueueProperty.MultiQueuePriority, 3)).IsRefusedBy("UAPI-008", "value", 3);
        Queue(Property(ExecQueueProperty.MultiGroup, 0)).IsRefusedBy("UAPI-008", "property", 4, Errno.ENODEV);
        Queue(Property(ExecQueueProperty.HangReplayState, 0)).IsAccepted();
    }

    private static DrmXeExtSetProperty Property(ExecQueueProperty property, ulong value) =>
        new() { Property = (uint)property, Value = value };

    private static Rejection Gem(in DrmXeExtSetProperty property) => GemCreatePropertyChecks.Validate(in property, in Device);

    private static Rejection Queue(in DrmXeExtSetProperty property) => ExecQueuePropertyChecks.Validate(in property, in Caller);
}
