using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

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

    /// <summary>What a descriptor is to stand for, with a reference more: an imported BO is shared as what it was imported
    /// from.</summary>
    public static SharedBo Export(XeDevice device, BufferObject bo)
    {
        SharedBo shared = ImportedFrom(bo) ?? Of(device, bo);
        shared.Bo.AddReference();
        return shared;
    }

    /// <summary>What a BO was imported from; null for one that was made on its device.</summary>
    public static SharedBo? ImportedFrom(BufferObject bo) => bo.Origin as SharedBo ?? (bo.Origin as Beside)?.Shared;

    /// <summary>Makes a BO of another device with the memory of this one.</summary>
    /// <param name="importer">That device.</param>
    /// <param name="fd">The descriptor, for the reason.</param>
    /// <param name="made">The BO.</param>
    /// <returns>Not rejected, or why there is none.</returns>
    public Rejection MakeFor(XeDevice importer, uint fd, out BufferObject? made)
    {
        made = null;
        IBoContents? contents = importer.Residency.Mover.Contents?.Share(Bo);
        if (contents is not null)
            return MakeOf(importer, contents, fd, out made);
        Errno error = TryEnter();
        if (error != Errno.Ok)
            return WhyNot(error, fd);

        PhysicalRun[] runs = PhysicalRun.Of(Device.Memory.PiecesOf(Bo));
        bool isReachable = RunCheck.InRegion(importer.Platform, region: 0, runs) is null;
        if (!isReachable || !importer.Memory.Mmap.TryTake(Bo.Size))
        {
            Leave();
            return isReachable ? Refusals.PrimeNoMemory(fd) : Refusals.PrimeBoIsBusy(fd);
        }

        made = new BufferObject { Size = Bo.Size, Placements = 1, CpuCaching = 0, Origin = this };
        Segment[] segments = PhysicalRun.ToSegments(runs, importer.Memory.Regions[0].Kind, merge: false, out _);
        importer.Memory.Bos.Add(made);
        if (importer.Memory.Supply(made, region: 0, segments, out _) == Errno.Ok)
            return default;
        importer.Memory.Bos.DropReference(made.Slot);
        return Refusals.PrimeNoMemory(fd);
    }

    /// <summary>Where both stores keep contents apart the BO stays where it is: the other device has addresses of its own for them, as
    /// behind an IOMMU, and nobody has to tell it when the BO moves.</summary>
    private Rejection MakeOf(XeDevice importer, IBoContents contents, uint fd, out BufferObject? made)
    {
        made = null;
        if (!importer.Memory.Mmap.TryTake(Bo.Size))
        {
            contents.End();
            return Refusals.PrimeNoMemory(fd);
        }

        Bo.AddReference();
        made = new BufferObject { Size = Bo.Size, Placements = 1, CpuCaching = 0, Origin = new Beside(this), Contents = contents };
        importer.Memory.Bos.Add(made);
        if (importer.Residency.PlaceNew(made) == Errno.Ok && made.Contents is not null)
            return default;
        importer.Memory.Bos.DropReference(made.Slot);
        made = null;
        return Refusals.PrimeNoMemory(fd);
    }

    public void DropReference() => Device.Memory.Bos.DropReference(Bo.Slot);

    /// <summary>Puts the BO where other devices reach it and keeps it there, for one more importer (DRM-028, DRM-029). From inside no VM.
    /// It then has a reference more.</summary>
    /// <returns>Ok; -ENODEV when the device is gone; -EOPNOTSUPP for a BO that cannot be in system memory; -EBUSY when it cannot move;
    /// -ENOMEM.</returns>
    private Errno TryEnter()
    {
        if (!Bo.MayBeIn(region: 0))
            return Errno.EOPNOTSUPP;
        if (!Device.TryBeginVm())
            return Errno.ENODEV;
        try
        {
            return VmEntry.RunInAll(Device.Residency.Vms, Device.Watch, MoveIn);
        }
        finally
        {
            Device.VmIsGone();
        }
    }

    private static Rejection WhyNot(Errno error, uint fd) => error switch
    {
        Errno.ENODEV => Refusals.PrimeDeviceIsGone(fd),
        Errno.EOPNOTSUPP => Refusals.PrimeBoCannotBeReached(fd),
        Errno.EBUSY => Refusals.PrimeBoIsBusy(fd),
        _ => Refusals.PrimeNoMemory(fd),
    };

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

    /// <summary>What a BO that has the same contents, and not the same memory, is made of.</summary>
    internal sealed class Beside(SharedBo shared) : BoOrigin
    {
        public SharedBo Shared => shared;

        /// <inheritdoc/>
        public override void Leave() => shared.DropReference();
    }
}
