using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Physical memory: what addresses in entries lead to.</summary>
internal static unsafe class MemoryExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>What a region of memory is: 0 is system memory, 1 + t the VRAM of tile t.</summary>
    /// <returns>0; -EBADF; -EINVAL for a region that the device does not have.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_region_describe")]
    public static int RegionInfo(DeviceHandle device, uint region, Region* info)
    {
        try
        {
            RegionFile file = FileOf(device, region);
            Sized.Out(info, new Region
            {
                IsDeviceMemory = file.IsDeviceMemory ? 1u : 0,
                Address = file.Address,
                Bytes = file.Bytes,
                VisibleBytes = file.VisibleBytes,
            });
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The file descriptor of a region's contents, to be mapped: its byte 0 is that of the region. It is the library's; dup it to
    /// keep it.</summary>
    /// <param name="fd">Receives the descriptor.</param>
    /// <returns>0; -EBADF; -EINVAL for a region that the device does not have, or a device with XEPT_DEVICE_FLAG_BO_FILES; -EFAULT;
    /// -ENOMEM.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_region_fd")]
    public static int RegionFd(DeviceHandle device, uint region, int* fd)
    {
        try
        {
            Need.Pointer(fd, "fd");
            RegionFile file = FileOf(device, region);
            if (!file.IsShared)
                return Failure.Of(Errno.EINVAL, "regions of this device have no files: each buffer object has one");
            // From now on the program writes without telling.
            file.MarkWritten(file.Address, file.Bytes);
            *fd = file.Fd;
            return *fd >= 0 ? 0 : Failure.Of(Errno.ENOMEM, "the system has no memory file");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Reads memory; aligned words of 4 and 8 bytes as a whole.</summary>
    /// <param name="address">As entries name it.</param>
    /// <param name="isDeviceMemory">Not 0: an address of device memory.</param>
    /// <param name="into">Receives the bytes.</param>
    /// <param name="bytes">How many.</param>
    /// <returns>0; -EBADF; -EFAULT where no memory is.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_memory_read")]
    public static int Read(DeviceHandle device, ulong address, int isDeviceMemory, void* into, ulong bytes)
    {
        try
        {
            bool isRead = Get(device).Store.TryRead(address, isDeviceMemory != 0, Need.Bytes(into, bytes, "into"));
            return isRead ? 0 : NoMemory(address);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Writes memory; parameters and result as for xept_memory_read.</summary>
    [UnmanagedCallersOnly(EntryPoint = "xept_memory_write")]
    public static int Write(DeviceHandle device, ulong address, int isDeviceMemory, [CConst] void* from, ulong bytes)
    {
        try
        {
            bool isWritten = Get(device).Store.TryWrite(address, isDeviceMemory != 0, Need.Bytes(from, bytes, "from"));
            return isWritten ? 0 : NoMemory(address);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The memory itself at an address: it lies together to the end of its region, and stays there until the device is
    /// destroyed.</summary>
    /// <param name="address">As entries name it.</param>
    /// <param name="isDeviceMemory">Not 0: an address of device memory.</param>
    /// <param name="bytes">How many are wanted.</param>
    /// <param name="pointer">Receives the address in this process.</param>
    /// <returns>0; -EBADF; -EFAULT where no memory is.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_memory_map")]
    public static int Map(DeviceHandle device, ulong address, int isDeviceMemory, ulong bytes, void** pointer)
    {
        try
        {
            Need.Pointer(pointer, "pointer");
            *pointer = Get(device).Store.Find(address, isDeviceMemory != 0, bytes, isWrite: true);
            return *pointer != null ? 0 : NoMemory(address);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Declares that the program has the bytes of an interval of system memory outside of the device's own: memory of the
    /// simulated machine, for example, or pages of a process. They must stay there until the device is destroyed.</summary>
    /// <param name="address">Physical address of the first byte.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="memory">Where they are in this process.</param>
    /// <returns>0; -EBADF; -EFAULT; -EEXIST where memory is already.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_memory_add")]
    public static int Add(DeviceHandle device, ulong address, ulong bytes, void* memory)
    {
        try
        {
            Need.Pointer(memory, "memory");
            Get(device).Store.AddWindow(address, bytes, (nint)memory);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static NativeDevice Get(DeviceHandle device) => Handles.Get<NativeDevice>(device.Value);

    private static RegionFile FileOf(DeviceHandle device, uint region)
    {
        IReadOnlyList<RegionFile> regions = Get(device).Store.Regions;
        return region < (uint)regions.Count ? regions[(int)region] : throw new XeptException(Errno.EINVAL, $"there is no region {region}");
    }

    private static int NoMemory(ulong address) => Failure.Of(Errno.EFAULT, $"no memory is at 0x{address:x}");
}
