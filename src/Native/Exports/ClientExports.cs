using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Clients, their ioctls, and their buffer objects.</summary>
internal static unsafe class ClientExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Opens a device: a new client with its own handles and ids, as opening the render node makes one.</summary>
    /// <param name="options">Choices; NULL for the defaults.</param>
    /// <param name="client">Receives the client.</param>
    /// <returns>0; -EBADF; -EINVAL; -E2BIG; -ENODEV when the device is being destroyed.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_client_open")]
    public static int Open(DeviceHandle device, [CConst] ClientOptions* options, ClientHandle* client)
    {
        try
        {
            Need.Pointer(client, "client");
            *client = new ClientHandle(Handles.Get<NativeDevice>(device.Value).Open(Sized.In(options)).Handle);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Closes a client: queues, VMs and buffer objects go, as when the last descriptor of an open file is closed. Work in flight
    /// is given up. Other threads may be in calls of the client, which fail from then on.</summary>
    /// <returns>0; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_client_close")]
    public static int Close(ClientHandle client)
    {
        try
        {
            NativeClient found = Handles.Take<NativeClient>(client.Value);
            found.Device.Forget(found);
            found.File.Dispose();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Says anew whether a client may use the highest priority, as with CAP_SYS_NICE: a process may give its privileges up while
    /// it has the device open.</summary>
    /// <param name="flags">XEPT_CLIENT_FLAG_PRIVILEGED or 0.</param>
    /// <returns>0; -EBADF; -EINVAL for other flags.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_client_privilege")]
    public static int Privilege(ClientHandle client, uint flags)
    {
        try
        {
            XeFile file = Get(client).File;
            if (((ClientFlags)flags & ~ClientFlags.Privileged) != 0)
                return Failure.Of(Errno.EINVAL, $"flags 0x{flags:x} are no privileges");
            file.IsPrivileged = ((ClientFlags)flags & ClientFlags.Privileged) != 0;
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Makes an ioctl, as the kernel's entry does: DRM_IOCTL_XE_* and those of the DRM core, with the structs of xe_drm.h and
    /// drm.h. Pointers, the argument's own included, may be bad; see xept_client_options. Blocking ioctls block.</summary>
    /// <param name="request">Request code.</param>
    /// <param name="arg">The argument struct.</param>
    /// <returns>0 or the negative error of the ioctl; -EBADF for a client that is none.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_ioctl")]
    public static int Ioctl(ClientHandle client, nuint request, void* arg)
    {
        try
        {
            NativeClient found = Get(client);
            Errno errno = found.File.Ioctl((uint)request, (ulong)arg, out Rejection why);
            found.Device.Checks?.Look(IoctlNames.Of((byte)request));
            return Failure.Of(errno, why);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>How many objects a client has.</summary>
    /// <returns>0; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_client_objects")]
    public static int Objects(ClientHandle client, ObjectCounts* objects)
    {
        try
        {
            XeFile file = Get(client).File;
            Sized.Out(objects, new ObjectCounts
            {
                Bos = (uint)file.Bos.Count,
                Vms = (uint)file.Vms.Count,
                Queues = (uint)file.Queues.Count,
                Syncobjs = (uint)file.Syncobjs.Count,
            });
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>What a buffer object is.</summary>
    /// <param name="handle">Its GEM handle.</param>
    /// <returns>0; -EBADF; -ENOENT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_describe")]
    public static int BoInfo(ClientHandle client, uint handle, BoInfo* info)
    {
        try
        {
            XeBo bo = Get(client).Bo(handle);
            Sized.Out(info, new BoInfo
            {
                Number = (uint)bo.Number,
                Bytes = bo.Size,
                Placements = bo.Placements,
                Region = bo.Region ?? -1,
                SegmentCount = (uint)bo.Segments.Count,
                IsEvicted = bo.IsEvicted ? 1u : 0,
            });
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The memory behind a buffer object, piece by piece. It may move when memory is short, unless it is mapped
    /// (xept_bo_map).</summary>
    /// <param name="handle">Its GEM handle.</param>
    /// <param name="segments">Receives the pieces, none while it has no memory.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_segments")]
    public static int BoSegments(ClientHandle client, uint handle, Segment* segments, uint* count)
    {
        try
        {
            NativeClient found = Get(client);
            return Need.Fill(BoMemory.SegmentsOf(found, found.Bo(handle)), segments, count, segment => segment);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Maps a buffer object into this process, as mmap of the render node does; munmap takes the mapping away. The object gets
    /// memory if it has none, and is pinned where it is, except with XEPT_DEVICE_FLAG_BO_FILES: its bytes do not move any more.</summary>
    /// <param name="handle">Its GEM handle.</param>
    /// <param name="pointer">Receives the address of its first byte.</param>
    /// <returns>0; -EBADF; -ENOENT; -ENOMEM.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_map")]
    public static int BoMap(ClientHandle client, uint handle, void** pointer)
    {
        try
        {
            Need.Pointer(pointer, "pointer");
            NativeClient found = Get(client);
            *pointer = BoMemory.Map(found, found.Bo(handle));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Maps part of a buffer object into this process, as mmap of the render node does, on a device with
    /// XEPT_DEVICE_FLAG_BO_FILES. The object gets memory if it has none, and may move: the mapping stays good, also after its handle is
    /// closed, and a forked child shares it.</summary>
    /// <param name="handle">Its GEM handle.</param>
    /// <param name="offset">First byte, that of a page.</param>
    /// <param name="bytes">How many: whole pages.</param>
    /// <param name="at">Where to map it, over whatever is there; NULL for anywhere.</param>
    /// <param name="pointer">Receives the address of the first byte.</param>
    /// <returns>0; -EBADF; -ENOENT; -EINVAL for an interval that is not in it, or a device without such files; -ENOMEM.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_mmap")]
    public static int BoMmap(ClientHandle client, uint handle, ulong offset, ulong bytes, void* at, void** pointer)
    {
        try
        {
            Need.Pointer(pointer, "pointer");
            NativeClient found = Get(client);
            *pointer = BoMemory.MapPart(found, found.Bo(handle), offset, bytes, at);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The buffer object that mmap of the render node shows at an offset (DRM_IOCTL_XE_GEM_MMAP_OFFSET).</summary>
    /// <param name="offset">The offset.</param>
    /// <param name="handle">Receives its GEM handle.</param>
    /// <param name="inside">Receives how far into it the offset is.</param>
    /// <returns>0; -EBADF; -EINVAL when nothing is there; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_mmap_find")]
    public static int MmapFind(ClientHandle client, ulong offset, uint* handle, ulong* inside)
    {
        try
        {
            Need.Pointer(handle, "handle");
            Need.Pointer(inside, "inside");
            if (Get(client).File.FindMmap(offset) is not { } place)
                return Failure.Of(Errno.EINVAL, $"no buffer object is mapped at offset 0x{offset:x}");
            (*handle, *inside) = (place.Bo.Handle, place.Offset);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Declares CPU memory of the client that userptrs may pin: which physical pages it is in. Its contents are found there:
    /// xept_memory_add.</summary>
    /// <param name="start">CPU address, that of a page.</param>
    /// <param name="bytes">Whole pages.</param>
    /// <param name="address">Physical address of the first page.</param>
    /// <param name="isReadOnly">Not 0: only READONLY bindings may pin it.</param>
    /// <returns>0; -EBADF; -EINVAL; -EEXIST when it overlaps memory declared before; -ENOMEM.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_cpu_memory_map")]
    public static int CpuMemoryMap(ClientHandle client, ulong start, ulong bytes, ulong address, int isReadOnly)
    {
        try
        {
            XeFile file = Get(client).File;
            var run = new PhysicalRun(address, bytes);
            bool isNew = isReadOnly != 0 ? file.MapReadOnlyCpuMemory(start, run) : file.MapCpuMemory(start, run);
            return isNew ? 0 : Failure.Of(Errno.EEXIST, $"CPU memory at 0x{start:x} is declared already");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Takes back CPU memory that was declared, and makes the GPU let go of its pages: when this returns, no GPU reaches
    /// them.</summary>
    /// <param name="start">Where it was declared.</param>
    /// <param name="bytes">Its size.</param>
    /// <returns>0; -EBADF; -EINVAL; -ENOENT when none was declared there.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_cpu_memory_unmap")]
    public static int CpuMemoryUnmap(ClientHandle client, ulong start, ulong bytes)
    {
        try
        {
            NativeClient found = Get(client);
            AddressRange range = AddressRange.OfSize(start, bytes);
            if (range.IsEmpty)
                return Failure.Of(Errno.EINVAL, "no bytes");
            if (!found.File.UnmapCpuMemory(start))
                return Failure.Of(Errno.ENOENT, $"no CPU memory is declared at 0x{start:x}");
            found.Device.Device.WaitForChange(found.File.InvalidateCpuMemory(range));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Ends an engine queue as a hang does: its running job fails, those behind it are cancelled, and it is banned.</summary>
    /// <param name="queue">Its id.</param>
    /// <returns>0; -EBADF; -ENOENT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_queue_reset")]
    public static int QueueReset(ClientHandle client, uint queue)
    {
        try
        {
            if (Get(client).File.FindQueue(queue) is not { } found)
                return Failure.Of(Errno.ENOENT, $"the client has no queue {queue}");
            found.Reset();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static NativeClient Get(ClientHandle client) => Handles.Get<NativeClient>(client.Value);
}
