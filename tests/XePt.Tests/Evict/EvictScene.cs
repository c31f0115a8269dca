using System.Collections.Concurrent;
using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Evict;

/// <summary>A device with 14 MiB of device memory for BOs and room for little system memory if a test asks, and short ways to fill
/// it.</summary>
internal sealed class EvictScene : IDisposable
{
    public const ulong A = BindScene.A, MiB = BindScene.MiB;

    private readonly ConcurrentDictionary<XeVm, ExecQueue> _queues = new();

    public EvictScene(uint vmFlags, ulong systemBytes = 1UL << 30)
    {
        Scene = new BindScene(vmFlags, platform: XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB, SystemMemoryBytes = systemBytes });
        Vm = Scene.Vm;
    }

    public BindScene Scene { get; }

    public XeVm Vm { get; }

    public XeFile File => Scene.File;

    public XeDevice Device => Scene.Device;

    public ulong VramUsed => Device.Memory.Regions[1].Allocator.UsedBytes;

    public ulong SystemUsed => Device.Memory.Regions[0].Allocator.UsedBytes;

    /// <summary>A BO with memory of the allocator's, unless it is deferred.</summary>
    public uint Bo(ulong size, uint placement = 2, uint vm = 0, bool isDeferred = false)
    {
        Assert.Equal(Errno.Ok, TryBo(size, out uint handle, placement, vm, isDeferred));
        return handle;
    }

    public Errno TryBo(ulong size, out uint handle, uint placement = 2, uint vm = 0, bool isDeferred = false)
    {
        var gem = new DrmXeGemCreate
        {
            Size = size,
            Placement = placement,
            CpuCaching = placement == 1 ? CpuCaching.WriteBack : CpuCaching.WriteCombined,
            VmId = vm,
            Flags = isDeferred ? GemCreateFlags.DeferBacking : 0,
        };
        Errno error = File.GemCreate(ref gem);
        handle = gem.Handle;
        return error;
    }

    public XeBo Of(uint bo) => File.FindBo(bo)!;

    /// <summary>Region per BO, in words: V device memory, S system memory, - none.</summary>
    public string Places(params uint[] bos) =>
        string.Concat(bos.Select(bo => Of(bo).Region switch { null => '-', 0 => 'S', _ => 'V' }));

    /// <summary>Maps a whole BO now.</summary>
    public void Map(XeVm vm, uint bo, ulong va) => Assert.Equal(Errno.Ok, TryMap(vm, va, bo));

    public Errno TryMap(XeVm vm, ulong va, params uint[] bos) => TryMap(vm, va, [], bos);

    /// <summary>Maps BOs one after the other, as one call.</summary>
    public Errno TryMap(XeVm vm, ulong va, DrmXeSync[] syncs, uint[] bos)
    {
        DrmXeVmBindOp[] ops = [.. bos.Select((bo, i) => Op.Map(bo, va + ((ulong)i * 16 * MiB), Of(bo).Size, 0, VmBindFlags.Immediate))];
        return Scene.Bind(new DrmXeVmBind { VmId = vm.Id }, syncs, ops);
    }

    /// <summary>A bind that waits until <paramref name="gate"/> is signalled, over a mapping of the BO.</summary>
    public FenceTimeline Busy(XeVm vm, uint bo, ulong va)
    {
        var gate = new FenceTimeline("gate");
        uint sync = File.SyncobjCreate();
        File.FindSyncobj(sync)!.Replace(gate.Next());
        Assert.Equal(Errno.Ok, TryMap(vm, va, [Op.In(sync)], [bo]));
        return gate;
    }

    /// <summary>The entry at an address shows the first page of the BO.</summary>
    public bool Shows(XeVm vm, ulong va, uint bo)
    {
        Translation at = vm.Translate(va);
        return at.IsPresent && at.Address == AddressOf(bo) && at.Decode().DeviceMemory == (Of(bo).Region > 0);
    }

    private ulong AddressOf(uint bo)
    {
        XeBo of = Of(bo);
        return of.Segments[0].Address + (of.Region > 0 ? Device.Memory.Regions[of.Region!.Value].AddressBias : 0);
    }

    /// <summary>EXEC on a queue of the VM's, which is made on first use.</summary>
    public Errno Exec(XeVm vm)
    {
        ExecQueue queue = _queues.GetOrAdd(vm, vm => File.Queue(vm.Id));
        return File.Exec(new DrmXeExec { ExecQueueId = queue.Id, NumBatchBuffer = 1, Address = 0x1000 });
    }

    public void Dispose() => Scene.Dispose();
}
