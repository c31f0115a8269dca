using XePt.Uapi;

namespace XePt.Tests.Uapi;

/// <summary>What the declarations say about the arrays that come with an argument: how much is read, and what refuses the wrong
/// length.</summary>
public class UserArrayTests
{
    [Fact]
    public void No_more_is_read_than_may_be_and_what_stands_elsewhere_is_not_read_at_all()
    {
        Assert.Equal(
            [0, 0, 2, 1 << 20],
            new uint[] { 0, 1, 2, uint.MaxValue }.Select(n => new DrmXeVmBind { NumBinds = n }.VectorOfBindsToRead));
        Assert.Equal([0, 1, 1024], new uint[] { 0, 1, 1025 }.Select(n => new DrmXeVmBind { NumSyncs = n }.SyncsToRead));
        Assert.Equal([0, 0, 9], new ushort[] { 0, 1, 10 }.Select(n => new DrmXeExec { NumBatchBuffer = n }.AddressToRead));
        Assert.Equal(6, new DrmXeExecQueueCreate { Width = 2, NumPlacements = 3 }.InstancesToRead);
        Assert.Equal(9, new DrmXeExecQueueCreate { Width = ushort.MaxValue, NumPlacements = ushort.MaxValue }.InstancesToRead);
        Assert.Equal(1 << 16, new DrmSyncobjArray { CountHandles = uint.MaxValue }.HandlesToRead);
        Assert.Equal(0, new DrmSyncobjTimelineArray { CountHandles = 5 }.PointsToRead);
        Assert.Equal(5, new DrmSyncobjTimelineWait { CountHandles = 5, Points = 0x1000 }.PointsToRead);
    }

    [Fact]
    [Rule("BIND-064")]
    [Rule("BIND-065")]
    public void Memory_for_the_vector_is_wanted_before_it_is_read()
    {
        DrmXeVmBind args = new() { NumBinds = 3, VectorOfBinds = 0x1000 };
        IsRefused("BIND-065", Errno.EFAULT, 0x1000, args.RefuseVectorOfBinds(2));
        Assert.False(args.RefuseVectorOfBinds(3).IsRejected);
        args.NumBinds = 1;
        Assert.False(args.RefuseVectorOfBinds(0).IsRejected);
        args.NumBinds = (1 << 20) + 1;
        IsRefused("BIND-064", Errno.ENOBUFS, args.NumBinds, args.RefuseVectorOfBinds(0));
    }

    [Fact]
    [Rule("DRM-003")]
    public void Handles_are_counted_then_read_and_points_may_be_absent()
    {
        DrmSyncobjTimelineArray args = new() { CountHandles = 2, Handles = 0x2000 };
        IsRefused("DRM-003", Errno.EFAULT, 0x2000, args.RefuseHandles(1));
        Assert.False(args.RefuseHandles(2).IsRejected || args.RefusePoints(0).IsRejected);
        args.Points = 0x3000;
        Assert.Equal((Errno.EFAULT, 0x3000ul), (args.RefusePoints(1).Errno, args.RefusePoints(1).Value));
        args.CountHandles = (1 << 16) + 1;
        IsRefused("DRM-003", Errno.ENOMEM, args.CountHandles, args.RefuseHandles(0));
    }

    [Fact]
    public void An_array_that_nobody_would_look_at_is_a_mistake_of_the_caller()
    {
        DrmXeExecQueueCreate create = new() { Width = 2, NumPlacements = 1 };
        create.RequireAllOfInstances(2, "two");
        var thrown = Assert.Throws<ArgumentException>(() => create.RequireAllOfInstances(3, "three"));
        Assert.Equal("three", thrown.ParamName);
        Assert.StartsWith("width × num_placements says 2", thrown.Message, StringComparison.Ordinal);

        DrmSyncobjTimelineWait wait = new() { CountHandles = 1 };
        wait.RequireAllOfPoints(0, "none");
        thrown = Assert.Throws<ArgumentException>(() => wait.RequireAllOfPoints(1, "one"));
        Assert.Equal("one", thrown.ParamName);
        Assert.StartsWith("points is null", thrown.Message, StringComparison.Ordinal);
    }

    private static void IsRefused(string rule, Errno errno, ulong value, Rejection why) =>
        Assert.Equal((rule, errno, value), (why.RuleId, why.Errno, why.Value));
}
