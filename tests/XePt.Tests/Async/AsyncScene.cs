using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Async;

/// <summary>A device with one client and one VM, binds that wait for fences of the test's own, and what their tables hold
/// meanwhile.</summary>
internal sealed class AsyncScene : IDisposable
{
    public const ulong A = 0x1_0000_0000;
    public const ulong Page = 0x1000;
    public const ulong Leaf = 0x20_0000;

    public AsyncScene(
        uint vmFlags = 0, PlatformInfo? platform = null, DriveMode drive = DriveMode.Inline, XeProfile profile = XeProfile.Final,
        IJobSink? sink = null, IGpuStore? store = null, bool singleThreaded = false)
    {
        var options = new XeDeviceOptions
        {
            Drive = drive,
            Profile = profile,
            JobSink = sink ?? InstantJobSink.Instance,
            GpuStore = store,
            SingleThreaded = singleThreaded,
        };
        Device = new XeDevice(platform ?? XePlatforms.Bmg, options);
        File = Device.OpenFile();
        var create = new DrmXeVmCreate { Flags = (VmCreateFlags)vmFlags };
        Assert.Equal(Errno.Ok, File.VmCreate(ref create));
        Vm = File.FindVm(create.VmId)!;
    }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public XeVm Vm { get; }

    public SparseUserMemory Memory => (SparseUserMemory)File.UserMemory;

    /// <summary>A BO of system memory.</summary>
    public uint Bo(ulong size, uint vmId = 0)
    {
        var gem = new DrmXeGemCreate { Size = size, Placement = 1, CpuCaching = CpuCaching.WriteBack, VmId = vmId };
        Assert.Equal(Errno.Ok, File.GemCreate(ref gem));
        return gem.Handle;
    }

    /// <summary>A syncobj that holds a fence of the test's own.</summary>
    public (uint Handle, Fence Fence) Pending()
    {
        Fence fence = Device.CreateFence("test");
        uint handle = File.SyncobjCreate();
        File.FindSyncobj(handle)!.Replace(fence);
        return (handle, fence);
    }

    /// <summary>Binds after a pending fence; returns that fence.</summary>
    public Fence BindAfter(params DrmXeVmBindOp[] ops)
    {
        (uint handle, Fence fence) = Pending();
        Do([In(handle)], ops);
        return fence;
    }

    public void Do(params DrmXeVmBindOp[] ops) => Do([], ops);

    public void Do(DrmXeSync[] syncs, params DrmXeVmBindOp[] ops) =>
        Assert.True(Bind(syncs, ops) == Errno.Ok, File.LastRejection.ToString());

    public Errno Bind(DrmXeSync[] syncs, params DrmXeVmBindOp[] ops) => BindOn(0, syncs, ops);

    /// <summary>Binds on a queue of the client, after a pending fence; returns that fence.</summary>
    public Fence BindOnAfter(uint queue, params DrmXeVmBindOp[] ops)
    {
        (uint handle, Fence fence) = Pending();
        Assert.Equal(Errno.Ok, BindOn(queue, [In(handle)], ops));
        return fence;
    }

    public Errno BindOn(uint queue, DrmXeSync[] syncs, params DrmXeVmBindOp[] ops)
    {
        var args = new DrmXeVmBind { VmId = Vm.Id, ExecQueueId = queue, NumBinds = (uint)ops.Length, NumSyncs = (uint)syncs.Length };
        if (ops.Length == 1)
            args.Bind = ops[0];
        return File.VmBind(args, ops, syncs);
    }

    /// <summary>A NULL mapping: needs no BO and writes entries of its own.</summary>
    public static DrmXeVmBindOp Null(ulong addr, ulong range) => BindOps.MapNull(addr, range, 2, 0);

    public DrmXeVmBindOp Map(uint bo, ulong addr, ulong range, ulong offset = 0) =>
        BindOps.Map(bo, addr, range, (int)Device.Platform.Pat.IndexWriteBack, 0, offset);

    public static DrmXeVmBindOp Unmap(ulong addr, ulong range) => BindOps.Unmap(addr, range);

    public static DrmXeSync In(uint handle) => new() { Handle = handle };

    public static DrmXeSync Out(uint handle) => new() { Handle = handle, Flags = SyncFlags.Signal };

    public static DrmXeSync UserFence(ulong address, ulong value) =>
        new() { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = address, TimelineValue = value };

    /// <summary>The address can be accessed.</summary>
    public bool IsMapped(ulong va) => Vm.Translate(va).IsPresent;

    public void Dispose() => Device.Dispose();
}
