using XePt.Bench;
using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>P12: EXEC allocates no managed memory once warm.</summary>
public class ExecAllocationTests
{
    [Theory]
    [InlineData(0u, false)]
    [InlineData(0u, true)]
    [InlineData(1u, true)]
    [InlineData(6u, false)]
    [InlineData(6u, true)]
    public void Exec_and_completion_allocate_nothing_once_warm(uint vmFlags, bool isManual)
    {
        var sink = new ManualJobSink();
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { JobSink = isManual ? sink : InstantJobSink.Instance });
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate { Flags = (VmCreateFlags)vmFlags };
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        uint sync = file.SyncobjCreate(signalled: true);
        bool isLongRunning = vmFlags >= 2;
        DrmXeSync[] syncs = isLongRunning ? [Op.UserFence(0x1000, 1)] : [Op.In(sync), Op.Out(sync), Op.UserFence(0x1000, 1)];
        DrmXeExec args = ExecScene.Args(file.Queue(create.VmId)) with { NumSyncs = (uint)syncs.Length };

        bool ok = true;
        Assert.Equal(0, Allocations.Of(200, () => ok &= Round(file, sink, args, syncs)));
        Assert.True(ok);
    }

    /// <summary>Three jobs of which, with the manual sink, two wait for the one before.</summary>
    private static bool Round(XeFile file, ManualJobSink sink, in DrmXeExec args, DrmXeSync[] syncs)
    {
        bool ok = true;
        for (int i = 0; i < 3; i++)
            ok &= file.Exec(args, syncs) == Errno.Ok;
        sink.CompleteAll();
        return ok && file.FindQueue(args.ExecQueueId)!.JobCount == 0;
    }
}
