using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Validate;

namespace XePt;

/// <summary>The buffer objects of one client: how they come, and what is known by which handle.</summary>
/// <param name="device">The device.</param>
/// <param name="bos">The BOs by handle.</param>
/// <param name="memory">The client's memory, where extensions of a call lie.</param>
internal sealed class ClientBos(XeDevice device, HandleTable<BufferObject> bos, IUserMemory memory)
{
    // One import of a file at a time gives a BO its handle, so that it gets one only.
    private SpinGate _primeGate;

    /// <summary>Makes a BO and gives it its handle (BIND-022 to BIND-039).</summary>
    /// <param name="args">The call. Out: the handle; 0, and the BO is gone, when the client has been closed meanwhile.</param>
    /// <param name="vm">The VM that the call names, or null.</param>
    /// <param name="region">Region of the runs.</param>
    /// <param name="runs">Memory of the embedder's choice, or none.</param>
    /// <param name="contents">Its contents, if they are there already: the BO's from now on, whatever becomes of it.</param>
    /// <param name="made">The BO.</param>
    /// <returns>Not rejected, or why there is none.</returns>
    public Rejection Create(
        ref DrmXeGemCreate args, VmContext? vm, int region, ReadOnlySpan<PhysicalRun> runs, IBoContents? contents, out BufferObject? made)
    {
        made = null;
        BufferObject bo = NewObject(args, vm, isCountedElsewhere: contents is not null);
        Segment[] segments = SegmentsOf(bo, region, runs);
        if (!device.Memory.Mmap.TryTake(bo.Size))
        {
            contents?.End();
            return Refusals.GemCreateNoOffsets(args.Size);
        }

        bo.Contents = contents;

        device.Memory.Bos.Add(bo);
        Rejection why = Back(bo, args, region, segments);
        if (!why.IsRejected)
        {
            var extensions = new GemCreateExtensions(memory, device.CheckFacts);
            why = ExtensionChain.Apply(memory, args.Extensions, ref extensions);
        }

        if (why.IsRejected)
        {
            device.Memory.Bos.DropReference(bo.Slot);
            return why;
        }

        if (device.Watch.IsTraced)
            BoEvents.Create(device.Watch, bo);
        made = bo;
        args.Handle = bos.Add(bo);
        if (args.Handle == 0)
            device.Memory.Bos.DropReference(bo.Slot);
        return default;
    }

    /// <summary>Exports a BO (DRM-025, DRM-026).</summary>
    /// <param name="descriptors">Where the descriptor is made.</param>
    /// <param name="args">The call. Out: the descriptor.</param>
    /// <returns>Not rejected, or why it cannot be.</returns>
    public Rejection Export(XeDescriptors descriptors, ref DrmPrimeHandle args)
    {
        Rejection why = PrimeHandleToFdChecks.Validate(args);
        if (why.IsRejected)
            return why;
        using var found = new BoReference(device.Memory.Bos, bos.Find(args.Handle));
        if (found.Bo is not { } bo)
            return Refusals.PrimeUnknownBo(args.Handle);
        if (bo.PrivateTo is not null)
            return Refusals.GemExportPrivateBo(args.Handle);
        args.Fd = descriptors.Add(new BoFile(SharedBo.Export(device, bo)));
        return default;
    }

    /// <summary>Imports what a descriptor names.</summary>
    /// <param name="descriptors">Where it is looked up.</param>
    /// <param name="args">The call. Out: the handle; 0 when the client has been closed meanwhile.</param>
    /// <returns>Not rejected, or why it cannot be.</returns>
    public Rejection Import(XeDescriptors descriptors, ref DrmPrimeHandle args)
    {
        if (descriptors.Find(args.Fd) is not { } file)
            return Refusals.PrimeFileIsClosed((uint)args.Fd);
        if (file is not BoFile { Shared: var shared })
            return Refusals.PrimeFileIsNoBo((uint)args.Fd);
        Rejection why = Import(shared, args.Fd, out uint handle);
        if (!why.IsRejected)
            args.Handle = handle;
        return why;
    }

    /// <summary>Imports what a descriptor stands for (DRM-027 to DRM-029): a BO of this device is itself, under the handle that the client
    /// has for it or a new one; one of another device becomes a BO of this one.</summary>
    /// <param name="shared">What is imported.</param>
    /// <param name="fd">The descriptor, for the reason.</param>
    /// <param name="handle">The handle; 0 when the client has been closed meanwhile.</param>
    /// <returns>Not rejected, or why it cannot be.</returns>
    private Rejection Import(SharedBo shared, int fd, out uint handle)
    {
        handle = HandleOf(shared);
        if (handle != 0)
            return default;
        BufferObject? bo = shared.Bo;
        if (shared.Device != device)
        {
            Rejection why = shared.MakeFor(device, (uint)fd, out bo);
            if (why.IsRejected)
                return why;
        }
        else if (!bo.TryAddReference())
        {
            // Another thread is just closing the descriptor.
            return Refusals.PrimeFileIsClosed((uint)fd);
        }

        _primeGate.Enter();
        handle = HandleOf(shared);
        bool isKnown = handle != 0;
        if (!isKnown)
            handle = bos.Add(bo!);
        _primeGate.Exit();
        if (isKnown || handle == 0)
            device.Memory.Bos.DropReference(bo!.Slot);
        return default;
    }

    /// <summary>A handle for a BO of this device that is known without a descriptor.</summary>
    /// <param name="bo">The BO.</param>
    /// <param name="isNew">Always one more; else the one that the client has, if it has one.</param>
    /// <returns>0 when the BO is gone, or the client has been closed.</returns>
    public uint Share(BufferObject bo, bool isNew)
    {
        SharedBo shared = SharedBo.Of(device, bo);
        if (!bo.TryAddReference())
            return 0;
        _primeGate.Enter();
        uint known = isNew ? 0 : HandleOf(shared), handle = known != 0 ? known : bos.Add(bo);
        _primeGate.Exit();
        if (known != 0 || handle == 0)
            device.Memory.Bos.DropReference(bo.Slot);
        return handle;
    }

    /// <summary>The BO that mmap shows at an offset, and its handle and start; null when none has been given this offset.</summary>
    public (uint Handle, BufferObject Bo, ulong Start)? FindMmap(ulong offset)
    {
        foreach ((uint handle, BufferObject bo) in bos.Items)
        {
            ulong start = (ulong)Interlocked.Read(ref bo.MmapOffset);
            if (start != 0 && offset >= start && offset - start < bo.Size)
                return (handle, bo, start);
        }

        return null;
    }

    /// <summary>Runs as pieces of a BO; none when there are no runs.</summary>
    /// <exception cref="ArgumentException">The BO may not live in the region, or the runs do not fit the BO or the region.</exception>
    public Segment[] SegmentsOf(BufferObject bo, int region, ReadOnlySpan<PhysicalRun> runs)
    {
        MemoryRegion[] regions = device.Memory.Regions;
        if ((uint)region >= (uint)regions.Length)
            throw new ArgumentOutOfRangeException(
                nameof(region), region, $"memory regions of the device are 0 to {regions.Length - 1}");
        if (runs.IsEmpty)
            return [];
        if ((bo.Placements & (1u << region)) == 0)
            throw new ArgumentException($"region {region} is not among the placements 0x{bo.Placements:x} of the BO", nameof(region));
        if ((RunCheck.InRegion(device.Platform, region, runs) ?? RunCheck.IsVisible(regions[region], bo, runs)) is { } fault)
            throw new ArgumentException(fault, nameof(runs));

        Segment[] segments = PhysicalRun.ToSegments(runs, regions[region].Kind, merge: false, out ulong size);
        return size == bo.Size
            ? segments : throw new ArgumentException($"the runs hold 0x{size:x} bytes, the BO 0x{bo.Size:x}", nameof(runs));
    }

    private BufferObject NewObject(in DrmXeGemCreate args, VmContext? owner, bool isCountedElsewhere)
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
            Is64KInternal = hasVram && (device.Platform.VramNeeds64K || scanout64K),
            PrivateTo = owner,
            IsCountedElsewhere = isCountedElsewhere,
        };
    }

    private Rejection Back(BufferObject bo, in DrmXeGemCreate args, int region, Segment[] segments)
    {
        Errno error = segments.Length > 0 ? device.Memory.Supply(bo, region, segments, out _)
            : (args.Flags & GemCreateFlags.DeferBacking) == 0 ? device.Residency.PlaceNew(bo)
            : Errno.Ok;
        return error switch
        {
            Errno.Ok => default,
            Errno.E2BIG => Refusals.GemCreateTooLarge(bo.Size, device.Memory.RoomFor(bo)),
            _ => Refusals.GemCreateNoMemory(bo.Size),
        };
    }

    /// <summary>The handle by which the client knows a shared BO, or 0.</summary>
    private uint HandleOf(SharedBo shared)
    {
        foreach ((uint handle, BufferObject bo) in bos.Items)
        {
            if (bo == shared.Bo || SharedBo.ImportedFrom(bo) == shared)
                return handle;
        }

        return 0;
    }
}
