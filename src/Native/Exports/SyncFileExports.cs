using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Sync files, and the fences of shared buffer objects: what the kernel does with their descriptors.</summary>
internal static unsafe class SyncFileExports
{
    // As DMA_BUF_SYNC_READ and DMA_BUF_SYNC_WRITE.
    private const uint Read = 1, Write = 2;

    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Makes a sync file with the fences that a shared buffer object has now, as DMA_BUF_IOCTL_EXPORT_SYNC_FILE does.</summary>
    /// <param name="fd">The device's number of the object, as an export has given it out.</param>
    /// <param name="flags">1 for what a reader waits for, 2 or 3 for what a writer does.</param>
    /// <param name="syncFile">Receives the device's number of the sync file.</param>
    /// <returns>0; -EBADF for what is not open; -EINVAL for other flags, or what is no buffer object; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_sync_file_export")]
    public static int Export(DeviceHandle device, int fd, uint flags, int* syncFile)
    {
        try
        {
            XeDevice found = Get(device);
            Need.Pointer(syncFile, "sync_file");
            Check(flags);
            Errno errno = found.ExportSyncFile(fd, (flags & Write) != 0, out int made);
            return Finish(errno, syncFile, made);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Adds the fence of a sync file to those of a shared buffer object, as DMA_BUF_IOCTL_IMPORT_SYNC_FILE does.</summary>
    /// <param name="fd">The device's number of the object.</param>
    /// <param name="flags">1 when it reads, 2 or 3 when it writes.</param>
    /// <param name="syncFile">The device's number of the sync file.</param>
    /// <returns>0; -EBADF for what is not open; -EINVAL for other flags, or what is of another kind.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_sync_file_import")]
    public static int Import(DeviceHandle device, int fd, uint flags, int syncFile)
    {
        try
        {
            XeDevice found = Get(device);
            Check(flags);
            Errno errno = found.ImportSyncFile(fd, syncFile, (flags & Write) != 0);
            return errno == Errno.Ok ? 0 : Failure.Of(errno, "one of the descriptors is not open, or of another kind");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Makes a sync file that has signalled when two have, as SYNC_IOC_MERGE does.</summary>
    /// <param name="first">The device's number of one.</param>
    /// <param name="second">That of another one, or the same.</param>
    /// <param name="merged">Receives the number of the new one.</param>
    /// <returns>0; -EBADF for what is not open; -EINVAL for what is no sync file; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_sync_file_merge")]
    public static int Merge(DeviceHandle device, int first, int second, int* merged)
    {
        try
        {
            XeDevice found = Get(device);
            Need.Pointer(merged, "merged");
            Errno errno = found.MergeSyncFiles(first, second, out int made);
            return Finish(errno, merged, made);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Whether a sync file has signalled.</summary>
    /// <param name="fd">The device's number of it.</param>
    /// <param name="status">Receives 0 for not yet, 1, or the negative error that its fence has signalled with.</param>
    /// <returns>0; -EBADF for what is not open; -EINVAL for what is no sync file; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_sync_file_status")]
    public static int Status(DeviceHandle device, int fd, int* status)
    {
        try
        {
            XeDevice found = Get(device);
            Need.Pointer(status, "status");
            Errno errno = found.FindSyncFile(fd, out Fence fence);
            return Finish(errno, status, !fence.IsSignalled ? 0 : fence.Error == Errno.Ok ? 1 : (int)fence.Error);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Makes a sync file for a fence that this library does not know, as that of another process: jobs may wait for it, and
    /// xept_sync_file_signal signals it.</summary>
    /// <param name="syncFile">Receives the device's number of it.</param>
    /// <returns>0; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_sync_file_create")]
    public static int Create(DeviceHandle device, int* syncFile)
    {
        try
        {
            XeDevice found = Get(device);
            Need.Pointer(syncFile, "sync_file");
            *syncFile = found.OpenForeignSyncFile();
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The fence of a sync file that xept_sync_file_create has made signals. Once; later ones change nothing.</summary>
    /// <param name="fd">The device's number of it.</param>
    /// <param name="error">0, or the negative error that it signals with.</param>
    /// <returns>0; -EBADF for what is not open; -EINVAL for another sync file, or a positive error.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_sync_file_signal")]
    public static int Signal(DeviceHandle device, int fd, int error)
    {
        try
        {
            XeDevice found = Get(device);
            if (error > 0)
                return Failure.Of(Errno.EINVAL, $"{error} is no error");
            Errno errno = found.SignalForeignSyncFile(fd, (Errno)error);
            return errno == Errno.Ok ? 0 : Failure.Of(errno, "the descriptor is not open, or nobody's here to signal");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static void Check(uint flags)
    {
        if (flags == 0 || (flags & ~(Read | Write)) != 0)
            throw new XeptException(Errno.EINVAL, $"flags 0x{flags:x} are neither reading nor writing");
    }

    private static int Finish(Errno errno, int* into, int value)
    {
        if (errno != Errno.Ok)
            return Failure.Of(errno, "one of the descriptors is not open, or of another kind");
        *into = value;
        return 0;
    }

    private static XeDevice Get(DeviceHandle device) => Handles.Get<NativeDevice>(device.Value).Device;
}
