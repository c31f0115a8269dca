using XePt.Memory;
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
        GemCreate(ref args, region, runs, contents: null, out _);

    /// <summary>GEM_CREATE of a BO whose contents are there already: those that another process shares, for example. For a device whose
    /// store is an <see cref="IBoStore"/>.</summary>
    /// <param name="args">As for <see cref="GemCreate(ref DrmXeGemCreate)"/>; the BO gets memory at once.</param>
    /// <param name="contents">Contents of that store, of the BO's size. They are told to end when the BO is gone, and after a
    /// refusal.</param>
    /// <returns>As for <see cref="GemCreate(ref DrmXeGemCreate)"/>.</returns>
    /// <exception cref="InvalidOperationException">The device's store does not keep contents apart; nothing has changed.</exception>
    public Errno GemCreate(ref DrmXeGemCreate args, IBoContents contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        ThrowIfClosed();
        if (Device.Options.GpuStore is not IBoStore)
            throw new InvalidOperationException("the store of the device does not keep the contents of buffer objects apart");
        args.Flags &= ~GemCreateFlags.DeferBacking;
        return GemCreate(ref args, region: 0, runs: default, contents, out _);
    }

    private Errno GemCreate(
        ref DrmXeGemCreate args, int region, ReadOnlySpan<PhysicalRun> runs, IBoContents? contents, out BufferObject? made)
    {
        made = null;
        using CallScope scope = BeginIoctl(XeIoctl.GemCreate);
        Rejection why = GemCreateChecks.Validate(args, Device.CheckFacts);
        XeVm? vm = args.VmId == 0 ? null : _vms.Find(args.VmId);
        if (!why.IsRejected && args.VmId != 0 && vm is null)
            why = Refusals.GemCreateUnknownVm(args.VmId);
        if (!why.IsRejected)
            why = GemBackingChecks.Validate(args, Device.CheckFacts);
        if (!why.IsRejected)
            why = _ownBos.Create(ref args, vm?.Context, region, runs, contents, out made);
        else
            contents?.End();
        if (made is not null)
            ThrowIfClosed();
        return Finish(why);
    }

    /// <summary>DRM_IOCTL_GEM_CLOSE: the handle goes away, mappings stay (BIND-040).</summary>
    /// <returns>Ok or -EINVAL for an unknown handle.</returns>
    public Errno GemClose(uint handle)
    {
        ThrowIfClosed();
        if (_bos.Remove(handle) is not { } bo)
            return Finish(Refusals.GemCloseUnknownBo(handle));

        Device.Memory.Bos.DropReference(bo.Slot);
        return Finish(default);
    }

    /// <summary>DRM_IOCTL_GEM_CLOSE.</summary>
    /// <returns>As for <see cref="GemClose(uint)"/>.</returns>
    public Errno GemClose(in DrmGemClose args)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.GemClose);
        return GemClose(args.Handle);
    }
}
