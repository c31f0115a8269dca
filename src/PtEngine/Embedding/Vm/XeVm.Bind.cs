using XePt.Uapi;

namespace XePt;

// VM_BIND and VM_DESTROY in short: one op with its parameters, and an exception instead of an errno. Each is one call of the client on the
// VM's own bind queue, with the checks, the errno and the rejection of XeFile.VmBind.
public sealed partial class XeVm
{
    /// <summary>MAP of a BO from its first byte to its last.</summary>
    /// <param name="bo">The BO, of the same client.</param>
    /// <param name="va">First GPU address.</param>
    /// <param name="flags">Flags of the op.</param>
    /// <param name="patIndex">PAT index; null for the platform's write-back.</param>
    /// <param name="syncs">Sync entries of the call.</param>
    /// <returns>Signals when the bind is complete: entries written, TLBs flushed. Signalled already unless something was waited
    /// for.</returns>
    /// <exception cref="XeCallException">The call was refused, see
    /// <see cref="XeFile.VmBind(in DrmXeVmBind, ReadOnlySpan{DrmXeVmBindOp}, ReadOnlySpan{DrmXeSync})"/>; nothing has changed.</exception>
    public Fence Map(
        XeBo bo, ulong va, VmBindFlags flags = VmBindFlags.None, ushort? patIndex = null, ReadOnlySpan<DrmXeSync> syncs = default)
    {
        ThrowIfForeign(bo);
        var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo.Handle, Addr = va, Range = bo.Size, Flags = flags };
        return Bind(op, patIndex, syncs);
    }

    /// <summary>MAP of a part of a BO.</summary>
    /// <param name="bo">The BO, of the same client.</param>
    /// <param name="at">GPU addresses, as many as the part has bytes.</param>
    /// <param name="offset">First byte of the part in the BO.</param>
    /// <param name="flags">Flags of the op.</param>
    /// <param name="patIndex">PAT index; null for the platform's write-back.</param>
    /// <param name="syncs">Sync entries of the call.</param>
    /// <returns>As for a whole BO.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence Map(
        XeBo bo, AddressRange at, ulong offset = 0, VmBindFlags flags = VmBindFlags.None, ushort? patIndex = null,
        ReadOnlySpan<DrmXeSync> syncs = default)
    {
        ThrowIfForeign(bo);
        DrmXeVmBindOp op = OpOn(VmBindOp.Map, at, flags);
        (op.Obj, op.ObjOffset) = (bo.Handle, offset);
        return Bind(op, patIndex, syncs);
    }

    /// <summary>MAP_USERPTR: maps CPU memory of the client, which it has declared (<see cref="XeFile.MapCpuMemory"/>).</summary>
    /// <param name="at">GPU addresses.</param>
    /// <param name="cpuAddress">First CPU address.</param>
    /// <param name="flags">As for <see cref="Map(XeBo, ulong, VmBindFlags, ushort?, ReadOnlySpan{DrmXeSync})"/>.</param>
    /// <param name="patIndex">As there.</param>
    /// <param name="syncs">As there.</param>
    /// <returns>As there.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence MapUserptr(
        AddressRange at, ulong cpuAddress, VmBindFlags flags = VmBindFlags.None, ushort? patIndex = null,
        ReadOnlySpan<DrmXeSync> syncs = default)
    {
        DrmXeVmBindOp op = OpOn(VmBindOp.MapUserptr, at, flags);
        op.Userptr = cpuAddress;
        return Bind(op, patIndex, syncs);
    }

    /// <summary>MAP with NULL: reads give zero, writes vanish.</summary>
    /// <param name="at">GPU addresses.</param>
    /// <param name="syncs">As for <see cref="Map(XeBo, ulong, VmBindFlags, ushort?, ReadOnlySpan{DrmXeSync})"/>.</param>
    /// <returns>As there.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence MapNull(AddressRange at, ReadOnlySpan<DrmXeSync> syncs = default) =>
        Bind(OpOn(VmBindOp.Map, at, VmBindFlags.Null), patIndex: null, syncs);

    /// <summary>MAP with CPU_ADDR_MIRROR, in a VM in fault mode: GPU addresses stand for the same CPU addresses.</summary>
    /// <param name="at">GPU and CPU addresses.</param>
    /// <param name="flags">More flags of the op.</param>
    /// <param name="syncs">As for <see cref="Map(XeBo, ulong, VmBindFlags, ushort?, ReadOnlySpan{DrmXeSync})"/>.</param>
    /// <returns>As there.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence MapMirror(AddressRange at, VmBindFlags flags = VmBindFlags.None, ReadOnlySpan<DrmXeSync> syncs = default) =>
        Bind(OpOn(VmBindOp.Map, at, flags | VmBindFlags.CpuAddrMirror), patIndex: null, syncs);

    /// <summary>UNMAP: takes away whatever is mapped there; mappings that reach beyond are split.</summary>
    /// <param name="at">GPU addresses.</param>
    /// <param name="syncs">As for <see cref="Map(XeBo, ulong, VmBindFlags, ushort?, ReadOnlySpan{DrmXeSync})"/>.</param>
    /// <returns>As there.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence Unmap(AddressRange at, ReadOnlySpan<DrmXeSync> syncs = default) =>
        Bind(OpOn(VmBindOp.Unmap, at, VmBindFlags.None), patIndex: null, syncs);

    /// <summary>UNMAP_ALL: takes away all mappings of a BO.</summary>
    /// <param name="bo">The BO, of the same client.</param>
    /// <param name="syncs">As for <see cref="Map(XeBo, ulong, VmBindFlags, ushort?, ReadOnlySpan{DrmXeSync})"/>.</param>
    /// <returns>As there.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence UnmapAll(XeBo bo, ReadOnlySpan<DrmXeSync> syncs = default)
    {
        ThrowIfForeign(bo);
        return Bind(new DrmXeVmBindOp { Op = VmBindOp.UnmapAll, Obj = bo.Handle }, patIndex: null, syncs);
    }

    /// <summary>PREFETCH: brings what is mapped there into a region and binds it.</summary>
    /// <param name="at">GPU addresses.</param>
    /// <param name="region">The region: 0 system memory, 1 + n the VRAM of tile n.</param>
    /// <param name="syncs">As for <see cref="Map(XeBo, ulong, VmBindFlags, ushort?, ReadOnlySpan{DrmXeSync})"/>.</param>
    /// <returns>As there.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence Prefetch(AddressRange at, uint region, ReadOnlySpan<DrmXeSync> syncs = default)
    {
        DrmXeVmBindOp op = OpOn(VmBindOp.Prefetch, at, VmBindFlags.None);
        op.PrefetchMemRegionInstance = region;
        return Bind(op, patIndex: null, syncs);
    }

    /// <summary>VM_DESTROY.</summary>
    /// <exception cref="XeCallException">The call was refused, see <see cref="XeFile.VmDestroy"/>.</exception>
    public void Destroy() => XeFile.ThrowIfRefused(File.VmDestroy(new DrmXeVmDestroy { VmId = Id }));

    private static DrmXeVmBindOp OpOn(VmBindOp op, AddressRange at, VmBindFlags flags) =>
        new() { Op = op, Addr = at.Start, Range = at.Size, Flags = flags };

    private void ThrowIfForeign(XeBo bo)
    {
        ArgumentNullException.ThrowIfNull(bo);
        if (!ReferenceEquals(bo.File, File))
            throw new ArgumentException($"{bo} is of another client", nameof(bo));
    }

    private Fence Bind(DrmXeVmBindOp op, ushort? patIndex, ReadOnlySpan<DrmXeSync> syncs)
    {
        op.PatIndex = patIndex ?? (ushort)File.Device.Platform.Pat.IndexWriteBack;
        XeFile.ThrowIfRefused(File.VmBind(Id, [op], syncs, execQueueId: 0, out Fence done));
        return done;
    }
}
