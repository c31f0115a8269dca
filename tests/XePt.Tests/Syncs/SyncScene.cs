using XePt.Devices;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>A device with one client, and short ways to wait and to say how a call must be refused.</summary>
internal sealed class SyncScene : IDisposable
{
    public SyncScene(DriveMode drive = DriveMode.Inline, XeClock? clock = null, bool singleThreaded = false)
    {
        Device = new XeDevice(XePlatforms.Lnl, new XeDeviceOptions { Drive = drive, Clock = clock, SingleThreaded = singleThreaded });
        File = Device.OpenFile();
        Memory = (SparseUserMemory)File.UserMemory;
    }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public VirtualClock Clock => (VirtualClock)Device.Clock;

    /// <summary>The memory the client started with.</summary>
    public SparseUserMemory Memory { get; }

    /// <summary>A new syncobj that holds a new pending fence.</summary>
    public uint Pending(out Fence fence, ulong point = 0)
    {
        uint handle = File.SyncobjCreate();
        fence = Device.CreateFence("job");
        Assert.Equal(Errno.Ok, File.SyncobjAttach(handle, fence, point));
        return handle;
    }

    public Errno Wait(long timeout, SyncobjWaitFlags flags, params uint[] handles) => Wait(out _, timeout, flags, handles);

    public Errno Wait(out uint first, long timeout, SyncobjWaitFlags flags, params uint[] handles)
    {
        DrmSyncobjWait args = WaitArgs(timeout, flags, handles);
        args.FirstSignaled = 77;
        Errno error = File.SyncobjWait(ref args, handles);
        first = args.FirstSignaled;
        return error;
    }

    public Errno WaitPoints(long timeout, SyncobjWaitFlags flags, params (uint Handle, ulong Point)[] points) =>
        WaitPoints(out _, timeout, flags, points);

    public Errno WaitPoints(out uint first, long timeout, SyncobjWaitFlags flags, params (uint Handle, ulong Point)[] points)
    {
        DrmSyncobjTimelineWait args = WaitArgs(timeout, flags, points);
        args.FirstSignaled = 77;
        Errno error = File.SyncobjTimelineWait(
            ref args, [.. points.Select(point => point.Handle)], [.. points.Select(point => point.Point)]);
        first = args.FirstSignaled;
        return error;
    }

    public static DrmSyncobjWait WaitArgs(long timeout, SyncobjWaitFlags flags, params uint[] handles) =>
        new() { TimeoutNsec = timeout, Flags = flags, CountHandles = (uint)handles.Length };

    public static DrmSyncobjTimelineWait WaitArgs(long timeout, SyncobjWaitFlags flags, params (uint Handle, ulong Point)[] points) =>
        new() { TimeoutNsec = timeout, Flags = flags, CountHandles = (uint)points.Length, Points = 1 };

    public Errno SignalPoints(params (uint Handle, ulong Point)[] points) => File.SyncobjTimelineSignal(
        new DrmSyncobjTimelineArray { CountHandles = (uint)points.Length, Points = 1 },
        [.. points.Select(point => point.Handle)],
        [.. points.Select(point => point.Point)]);

    public ulong Query(uint handle, SyncobjQueryFlags flags = 0)
    {
        Span<ulong> point = stackalloc ulong[1];
        Assert.Equal(Errno.Ok, File.SyncobjQuery(new DrmSyncobjTimelineArray { CountHandles = 1, Flags = flags }, [handle], point));
        return point[0];
    }

    public bool IsSignalled(uint handle, ulong point = 0) =>
        File.SyncobjFence(handle, point, out Fence fence) == Errno.Ok && fence.IsSignalled;

    /// <summary>The last call was refused so.</summary>
    public void AssertRefused(Errno errno, string rule, string field, Errno actual) => Assert.Equal(
        (errno, rule, field),
        (actual, File.LastRejection.RuleId, File.LastRejection.Field));

    public void Dispose() => Device.Dispose();
}
