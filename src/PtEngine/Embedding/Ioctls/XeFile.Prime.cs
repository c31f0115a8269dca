using XePt.Memory;
using XePt.Uapi;

namespace XePt;

// Sharing BOs through file descriptors (docs/drm-core.md section 8).
public sealed partial class XeFile
{
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
        using CallScope scope = BeginIoctl(DrmIoctl.PrimeHandleToFd);
        return Finish(_ownBos.Export(Descriptors, ref args));
    }

    /// <summary>DRM_IOCTL_PRIME_FD_TO_HANDLE (DRM-027 to DRM-029): imports a BO. One of this device is itself, under the handle that the
    /// file has for it or a new one; one of another device becomes a BO without a caching mode (BIND-098, BIND-099), which is moved to
    /// system memory and stays there as long as it is imported.</summary>
    /// <param name="args">In: <c>fd</c>, of <see cref="Descriptors"/>. Out: <c>handle</c>.</param>
    /// <returns>Ok; -EBADF for a descriptor that is not open; -EINVAL for one that is no BO; of another device's BO -ENODEV when that
    /// device is gone, -EOPNOTSUPP when it cannot be in system memory, -EBUSY when it cannot move there, -ENOMEM.</returns>
    public Errno PrimeFdToHandle(ref DrmPrimeHandle args)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.PrimeFdToHandle);
        Rejection why = _ownBos.Import(Descriptors, ref args);
        if (!why.IsRejected)
            ThrowIfClosed();
        return Finish(why);
    }

    /// <summary>A handle of this client for a BO of its device that somebody else has, too.</summary>
    /// <param name="bo">The BO, of which the caller knows that it was there.</param>
    /// <param name="isNew">Always one more; else the one that the client has, if it has one.</param>
    /// <returns>0 when the BO is gone meanwhile.</returns>
    internal uint ShareBo(BufferObject bo, bool isNew) => _ownBos.Share(bo, isNew);
}
