using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt;

/// <summary>A BO as other clients and devices see it (docs/drm-core.md section 8).</summary>
/// <remarks>
/// Concurrency: any thread. Whoever uses one has a reference to the BO, by a descriptor or an imported BO. A device imports from another
/// outside all VMs, and the other one moves the BO inside all of its own; so no thread is inside VMs of two devices. References may
/// outlive the device: dropping one then frees nothing that is not free already.
/// </remarks>
internal sealed class SharedBo(XeDevice device, BufferObject bo) : BoOrigin
{
    public XeDevice Device { get; } = device;

    public BufferObject Bo { get; } = bo;

    /// <summary>What a BO is to others, from its first export on.</summary>
    public static SharedBo Of(XeDevice device, BufferObject bo)
    {
        if (Volatile.Read(ref bo.Shared) is not SharedBo shared)
        {
            var made = new SharedBo(device, bo);
            shared = (SharedBo)(Interlocked.CompareExchange(ref bo.Shared, made, null) ?? made);
        }

        return shared;
    }

    public void DropReference() => Device.Memory.Bos.DropReference(Bo.Slot);

    /// <summary>Puts the BO where other devices reach it and keeps it there, for one more importer (DRM-028, DRM-029). From inside no VM.
    /// It then has a reference more.</summary>
    /// <returns>Ok; -ENODEV when the device is gone; -EOPNOTSUPP for a BO that cannot be in system memory; -EBUSY when it cannot move;
    /// -ENOMEM.</returns>
    public Errno TryEnter()
    {
        if (!Bo.MayBeIn(region: 0))
            return Errno.EOPNOTSUPP;
        if (!Device.TryBeginVm())
            return Errno.ENODEV;
        try
        {
            return VmEntry.RunInAll(Device.Residency.Vms, MoveIn);
        }
        finally
        {
            Device.VmIsGone();
        }
    }

    private Errno MoveIn()
    {
        if (Bo.IsPinned && Bo.Place is { Region: > 0 })
            return Errno.EBUSY;
        Errno error = Device.Residency.MoveInto(vm: null, Bo, region: 0, mayEvictOwn: true);
        if (error != Errno.Ok)
            return error;
        Bo.AddReference();
        Bo.CountImporter(1);
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public override void Leave()
    {
        Bo.CountImporter(-1);
        DropReference();
    }
}
