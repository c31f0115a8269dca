using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Buffer objects (specification 02 section 5).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_GEM_CREATE (BIND-022 to BIND-039): a BO with real physical blocks, unless its backing is deferred.</summary>
    /// <param name="args">In: size, placement, flags, caching, VM. Out: <c>handle</c>.</param>
    /// <returns>Ok, -EINVAL, -EOPNOTSUPP, -ENOENT for an unknown VM, -ENOSPC when the offsets for mmap are used up, -E2BIG for more than
    /// all of a VRAM placement (at the bind that backs it for a deferred one), -ENOMEM when no placement has room; -E2BIG, -EFAULT, -EINVAL
    /// or -ENODEV for what the extension chain asks (BIND-035).</returns>
    public Errno GemCreate(ref DrmXeGemCreate args) => GemCreate(ref args, region: 0, runs: default);

    /// <summary>GEM_CREATE with physical memory of the embedder's choice in one of the BO's regions instead of the allocator's.</summary>
    /// <param name="args">As for <see cref="GemCreate(ref DrmXeGemCreate)"/>.</param>
    /// <param name="region">Region the runs are in: 0 system, 1 + n the VRAM of tile n.</param>
    /// <param name="runs">Runs that add up to the BO's size; empty to let the allocator choose.</param>
    /// <exception cref="ArgumentException">The BO may not live in the region, or the runs do not add up or exceed the DMA width of the
    /// platform; nothing has changed.</exception>
    public Errno GemCreate(ref DrmXeGemCreate args, int region, ReadOnlySpan<PhysicalRun> runs) =>
        GemCreateCore(ref args, region, runs, out _);

    private Errno GemCreateCore(ref DrmXeGemCreate args, int region, ReadOnlySpan<PhysicalRun> runs, out BufferObject? made)
    {
        made = null;
        BeginIoctl(XeIoctl.GemCreate);
        Rejection why = GemCreateChecks.Validate(args, DeviceFacts);
        XeVm? vm = args.VmId == 0 ? null : _vms.Find(args.VmId);
        if (!why.IsRejected && args.VmId != 0 && vm is null)
            why = Refusals.GemCreateUnknownVm(args.VmId);
        if (!why.IsRejected)
            why = GemBackingChecks.Validate(args, DeviceFacts);
        if (why.IsRejected)
            return Refuse(why);

        BufferObject bo = NewObject(args, vm?.Context);
        Segment[] segments = SegmentsOf(bo, region, runs);
        if (!Device.Memory.Mmap.TryTake(bo.Size))
            return Refuse(Refusals.GemCreateNoOffsets(args.Size));

        Device.Memory.Bos.Add(bo);
        Errno error = Errno.Ok;
        if (!runs.IsEmpty)
            error = Device.Memory.Supply(bo, region, segments, out _);
        else if ((args.Flags & GemCreateFlags.DeferBacking) == 0)
            error = Device.Residency.PlaceNew(bo);
        if (error != Errno.Ok)
        {
            why = error == Errno.E2BIG
                ? Refusals.GemCreateTooLarge(bo.Size, Device.Memory.RoomFor(bo)) : Refusals.GemCreateNoMemory(bo.Size);
        }

        if (!why.IsRejected)
        {
            var extensions = new GemCreateExtensions(UserMemory, DeviceFacts);
            why = ExtensionChain.Apply(UserMemory, args.Extensions, ref extensions);
        }

        if (why.IsRejected)
        {
            Device.Memory.Bos.DropReference(bo.Slot);
            return Refuse(why);
        }

        if (Device.Watch.IsTraced)
            BoEvents.Create(Device.Watch, bo);
        made = bo;
        args.Handle = _bos.Add(bo);
        if (args.Handle == 0)
            Device.Memory.Bos.DropReference(bo.Slot);
        ThrowIfClosed();
        return Accept();
    }

    /// <summary>DRM_IOCTL_GEM_CLOSE: the handle goes away, mappings stay (BIND-040).</summary>
    /// <returns>Ok or -EINVAL for an unknown handle.</returns>
    public Errno GemClose(uint handle)
    {
        ThrowIfClosed();
        if (_bos.Remove(handle) is not { } bo)
            return Refuse(Refusals.GemCloseUnknownBo(handle));

        Device.Memory.Bos.DropReference(bo.Slot);
        return Accept();
    }

    /// <summary>DRM_IOCTL_GEM_CLOSE.</summary>
    /// <returns>As for <see cref="GemClose(uint)"/>.</returns>
    public Errno GemClose(in DrmGemClose args)
    {
        BeginIoctl(DrmIoctl.GemClose);
        return GemClose(args.Handle);
    }

    private BufferObject NewObject(in DrmXeGemCreate args, VmContext? owner)
    {
        bool hasVram = (args.Placement & ~1u) != 0;
        bool scanout64K = (args.Flags & GemCreateFlags.Scanout) != 0 && args.Size % PageSizes.Size64K == 0;
        return new BufferObject
        {
            Size = args.Size,
            Placements = args.Placement,
            CpuCaching = (ushort)args.CpuCaching,
            NoCompression = (args.Flags & GemCreateFlags.NoCompression) != 0,
            NeedsVisibleVram = (args.Flags & GemCreateFlags.NeedsVisibleVram) != 0,
            Is64KInternal = hasVram && (Device.Platform.VramNeeds64K || scanout64K),
            PrivateTo = owner,
        };
    }

    /// <summary>Runs as pieces of a BO; none when there are no runs.</summary>
    private Segment[] SegmentsOf(BufferObject bo, int region, ReadOnlySpan<PhysicalRun> runs)
    {
        if ((uint)region >= (uint)Device.Memory.Regions.Length)
            throw new ArgumentOutOfRangeException(
                nameof(region), region, $"memory regions of the device are 0 to {Device.Memory.Regions.Length - 1}");
        if (runs.IsEmpty)
            return [];
        if ((bo.Placements & (1u << region)) == 0)
            throw new ArgumentException($"region {region} is not among the placements 0x{bo.Placements:x} of the BO", nameof(region));
        if (RunCheck.InRegion(Device.Platform, region, runs) is { } fault)
            throw new ArgumentException(fault, nameof(runs));
        if (bo.NeedsVisibleVram && Device.Memory.Regions[region] is { IsVram: true, VisibleBytes: var visible })
        {
            foreach (PhysicalRun run in runs)
            {
                if (run.Address + (run.Stride * (ulong)(run.Count - 1)) + run.Size > visible)
                    throw new ArgumentException(
                        $"the CPU reaches 0x{visible:x} bytes of this VRAM, and the BO needs visible ones: {run}", nameof(runs));
            }
        }

        Segment[] segments = PhysicalRun.ToSegments(runs, Device.Memory.Regions[region].Kind, merge: false, out ulong size);
        return size == bo.Size
            ? segments : throw new ArgumentException($"the runs hold 0x{size:x} bytes, the BO 0x{bo.Size:x}", nameof(runs));
    }
}
