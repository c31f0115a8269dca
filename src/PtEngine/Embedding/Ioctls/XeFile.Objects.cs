using XePt.Memory;
using XePt.Uapi;

namespace XePt;

// Calls that make things, in short: objects instead of structs with ids, and an exception instead of an errno.
public sealed partial class XeFile
{
    /// <summary>VM_CREATE.</summary>
    /// <returns>The VM; <see cref="XeVm.MapNull"/> and its like bind in it, <see cref="XeVm.Destroy"/> ends it.</returns>
    /// <exception cref="XeCallException">The call was refused, see <see cref="VmCreate(ref DrmXeVmCreate)"/>.</exception>
    public XeVm CreateVm(VmCreateFlags flags = VmCreateFlags.None)
    {
        var args = new DrmXeVmCreate { Flags = flags };
        ThrowIfRefused(VmCreate(ref args, out XeVm? vm));
        return vm!;
    }

    /// <summary>GEM_CREATE.</summary>
    /// <param name="size">Bytes, a multiple of 4 KiB, and of 64 KiB for the VRAM of some platforms.</param>
    /// <param name="placement">Mask of the regions it may live in: bit 0 system memory, bit 1 + n the VRAM of tile n; 0 for the memory of
    /// tile 0, which is system memory where there is no VRAM.</param>
    /// <param name="caching">CPU caching; null for write-back where the driver allows it, and write-combined elsewhere.</param>
    /// <param name="flags">Flags of the call.</param>
    /// <param name="vm">The VM that it is private to, or null for a BO that any VM may map.</param>
    /// <returns>The BO; <see cref="GemClose(uint)"/> closes its handle.</returns>
    /// <exception cref="XeCallException">The call was refused, see <see cref="GemCreate(ref DrmXeGemCreate)"/>.</exception>
    public XeBo CreateBo(
        ulong size, uint placement = 0, CpuCaching? caching = null, GemCreateFlags flags = GemCreateFlags.None, XeVm? vm = null)
    {
        if (placement == 0)
            placement = Device.Platform.IsDiscrete ? 2u : 1u;
        bool mustCombine = (placement & ~1u) != 0 || (flags & GemCreateFlags.Scanout) != 0;
        var args = new DrmXeGemCreate
        {
            Size = size,
            Placement = placement,
            CpuCaching = caching ?? (mustCombine ? CpuCaching.WriteCombined : CpuCaching.WriteBack),
            Flags = flags,
            VmId = IdOf(vm),
        };
        ThrowIfRefused(GemCreate(ref args, region: 0, runs: default, contents: null, out BufferObject? bo));
        return new XeBo(this, args.Handle, bo!);
    }

    /// <summary>EXEC_QUEUE_CREATE for a queue of width 1 that may run on any of these engines (<see cref="Devices.PlatformInfo.Engines"/>),
    /// or for a bind queue.</summary>
    /// <returns>The queue.</returns>
    /// <exception cref="XeCallException">The call was refused, see
    /// <see cref="ExecQueueCreate(ref DrmXeExecQueueCreate, ReadOnlySpan{DrmXeEngineClassInstance})"/>.</exception>
    public ExecQueue CreateQueue(XeVm vm, params ReadOnlySpan<DrmXeEngineClassInstance> placements)
    {
        ArgumentNullException.ThrowIfNull(vm);
        ThrowIfRefused(ExecQueueCreate(IdOf(vm), out uint id, placements));
        return FindQueue(id) ?? throw new ObjectDisposedException(nameof(ExecQueue));
    }

    internal static void ThrowIfRefused(Errno errno)
    {
        if (errno != Errno.Ok)
            throw new XeCallException(s_refusal);
    }

    private uint IdOf(XeVm? vm)
    {
        if (vm is not null && !ReferenceEquals(vm.File, this))
            throw new ArgumentException($"{vm} is of another client", nameof(vm));
        return vm?.Id ?? 0;
    }
}
