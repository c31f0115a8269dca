using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Sharing BOs through file descriptors (docs/drm-core.md section 8).
public sealed partial class XeFile
{
    // One import of a file at a time gives a BO its handle, so that it gets one only.
    private SpinGate _primeGate;

    /// <summary>The file descriptors of the client's process: those of the device unless set.</summary>
    public XeDescriptors Descriptors
    {
        get => field ?? Device.Descriptors;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    }

    /// <summary>DRM_IOCTL_PRIME_HANDLE_TO_FD (DRM-025, DRM-026): exports a BO.</summary>
    /// <param name="args">In: handle and flags. Out: <c>fd</c>, a new descriptor in <see cref="Descriptors"/>.</param>
    /// <returns>Ok; -EINVAL; -ENOENT for an unknown handle; -EPERM for a BO that is private to a VM.</returns>
    public Errno PrimeHandleToFd(ref DrmPrimeHandle args)
    {
        BeginIoctl(DrmIoctl.PrimeHandleToFd);
        Rejection why = PrimeHandleToFdChecks.Validate(args);
        if (why.IsRejected)
            return Refuse(why);
        using BoReference found = Hold(args.Handle);
        if (found.Bo is not { } bo)
            return Refuse(Refusals.PrimeUnknownBo(args.Handle));
        if (bo.PrivateTo is not null)
            return Refuse(Refusals.GemExportPrivateBo(args.Handle));

        // An imported BO is shared as what it was imported from.
        SharedBo shared = bo.Origin as SharedBo ?? SharedBo.Of(Device, bo);
        shared.Bo.AddReference();
        args.Fd = Descriptors.Open(new BoFile(shared));
        return Accept();
    }

    /// <summary>DRM_IOCTL_PRIME_FD_TO_HANDLE (DRM-027 to DRM-029): imports a BO. One of this device is itself, under the handle that the
    /// file has for it or a new one; one of another device becomes a BO without a caching mode (BIND-098, BIND-099), which is moved to
    /// system memory and stays there as long as it is imported.</summary>
    /// <param name="args">In: <c>fd</c>, of <see cref="Descriptors"/>. Out: <c>handle</c>.</param>
    /// <returns>Ok; -EBADF for a descriptor that is not open; -EINVAL for one that is no BO; of another device's BO -ENODEV when that
    /// device is gone, -EOPNOTSUPP when it cannot be in system memory, -EBUSY when it cannot move there, -ENOMEM.</returns>
    public Errno PrimeFdToHandle(ref DrmPrimeHandle args)
    {
        BeginIoctl(DrmIoctl.PrimeFdToHandle);
        SharedFile? file = Descriptors.Find(args.Fd);
        if (file is null)
            return Refuse(Refusals.PrimeFileIsClosed((uint)args.Fd));
        if (file is not BoFile { Shared: var shared })
            return Refuse(Refusals.PrimeFileIsNoBo((uint)args.Fd));

        uint handle = HandleOf(shared);
        if (handle == 0)
        {
            Rejection why = Import(shared, args.Fd, out handle);
            if (why.IsRejected)
                return Refuse(why);
        }

        args.Handle = handle;
        ThrowIfClosed();
        return Accept();
    }

    /// <summary>The handle by which this file knows a shared BO, or 0.</summary>
    private uint HandleOf(SharedBo shared)
    {
        foreach ((uint handle, BufferObject bo) in _bos.Items)
        {
            if (bo == shared.Bo || bo.Origin == shared)
                return handle;
        }

        return 0;
    }

    private Rejection Import(SharedBo shared, int fd, out uint handle)
    {
        handle = 0;
        BufferObject? bo = shared.Bo;
        Rejection why = default;
        if (shared.Device == Device)
        {
            // Another thread may just be closing the descriptor.
            if (!bo.TryAddReference())
                return Refusals.PrimeFileIsClosed((uint)fd);
        }
        else
        {
            why = MakeImported(shared, fd, out bo);
        }

        if (why.IsRejected)
            return why;
        _primeGate.Enter();
        handle = HandleOf(shared);
        bool isKnown = handle != 0;
        if (!isKnown)
            handle = _bos.Add(bo!);
        _primeGate.Exit();
        if (isKnown || handle == 0)
            Device.Memory.Bos.DropReference(bo!.Slot);
        return default;
    }

    /// <summary>A BO of this device with the memory of one of another.</summary>
    private Rejection MakeImported(SharedBo shared, int fd, out BufferObject? bo)
    {
        bo = null;
        switch (shared.TryEnter())
        {
            case Errno.Ok:
                break;
            case Errno.ENODEV:
                return Refusals.PrimeDeviceIsGone((uint)fd);
            case Errno.EOPNOTSUPP:
                return Refusals.PrimeBoCannotBeReached((uint)fd);
            case Errno.EBUSY:
                return Refusals.PrimeBoIsBusy((uint)fd);
            default:
                return Refusals.PrimeNoMemory((uint)fd);
        }

        PhysicalRun[] runs = PhysicalRun.Of(shared.Device.Memory.PiecesOf(shared.Bo));
        bool isReachable = RunCheck.InRegion(Device.Platform, region: 0, runs) is null;
        if (!isReachable || !Device.Memory.Mmap.TryTake(shared.Bo.Size))
        {
            shared.Leave();
            return isReachable ? Refusals.PrimeNoMemory((uint)fd) : Refusals.PrimeBoIsBusy((uint)fd);
        }

        bo = new BufferObject { Size = shared.Bo.Size, Placements = 1, CpuCaching = 0, Origin = shared };
        Segment[] segments = PhysicalRun.ToSegments(runs, Device.Memory.Regions[0].Kind, merge: false, out _);
        Device.Memory.Bos.Add(bo);
        if (Device.Memory.Supply(bo, region: 0, segments, out _) == Errno.Ok)
            return default;
        Device.Memory.Bos.DropReference(bo.Slot);
        return Refusals.PrimeNoMemory((uint)fd);
    }
}
