using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Buffer objects that several processes, or several clients, know: by the descriptor of a file, or by a name.</summary>
internal static unsafe class SharingExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>A file descriptor of the process for the contents of a buffer object, on a device with XEPT_DEVICE_FLAG_BO_FILES: whoever
    /// maps it, in this process or another, has the same bytes. Another process makes a buffer object of it by xept_bo_import.</summary>
    /// <param name="handle">Its GEM handle.</param>
    /// <param name="fd">Receives a new descriptor, which exec closes. It is the caller's.</param>
    /// <returns>0; -EBADF; -ENOENT; -EOPNOTSUPP when it has none: it is private to a VM, has no memory yet, or there were too many when it
    /// was made (256); -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_fd")]
    public static int BoFd(ClientHandle client, uint handle, int* fd)
    {
        try
        {
            Need.Pointer(fd, "fd");
            int copy = (Get(client).Bo(handle).Contents as BoFile)?.File?.Duplicate() ?? -1;
            if (copy < 0)
                return Failure.Of(Errno.EOPNOTSUPP, $"buffer object {handle} has no file that can be shared");
            *fd = copy;
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>A buffer object with the contents of a file that xept_bo_fd has given out, here or in another process. What this device has
    /// already stays what it is, under the handle that the client has for it or a new one; else a new object is made, of the same size,
    /// caching and places, which has the same bytes.</summary>
    /// <param name="fd">The descriptor, which stays the caller's.</param>
    /// <param name="imported">Receives the GEM handle.</param>
    /// <returns>0; -EBADF; -EINVAL for another file, or a device without such files; what GEM_CREATE returns; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_import")]
    public static int BoImport(ClientHandle client, int fd, uint* imported)
    {
        try
        {
            Need.Pointer(imported, "imported");
            return FileImport.Take(Get(client), fd, out *imported);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Gives a buffer object a name by which other clients of its device open it, as DRM_IOCTL_GEM_FLINK does; it has one
    /// only.</summary>
    /// <param name="handle">Its GEM handle.</param>
    /// <param name="name">Receives the name, which is good until nobody has a handle of it any more.</param>
    /// <returns>0; -EBADF; -ENOENT; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_name")]
    public static int BoName(ClientHandle client, uint handle, uint* name)
    {
        try
        {
            Need.Pointer(name, "name");
            NativeClient found = Get(client);
            *name = found.Device.Names.Of(found.Bo(handle));
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Opens a buffer object by its name, as DRM_IOCTL_GEM_OPEN does: always under a new handle.</summary>
    /// <param name="name">The name.</param>
    /// <param name="handle">Receives the GEM handle.</param>
    /// <param name="bytes">Receives its size.</param>
    /// <returns>0; -EBADF; -ENOENT for a name that is not there; -EPERM for an object that is private to a VM of another client;
    /// -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_open")]
    public static int BoOpen(ClientHandle client, uint name, uint* handle, ulong* bytes)
    {
        try
        {
            Need.Pointer(handle, "handle");
            Need.Pointer(bytes, "bytes");
            NativeClient found = Get(client);
            return found.Device.Names.Open(found, name, out *handle, out *bytes);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>The names that buffer objects of a device have, as its file gem_names in debugfs has them.</summary>
    /// <param name="text">Receives as much as there is room for.</param>
    /// <param name="bytes">In: room. Out: how long the text is; no zero ends it.</param>
    /// <returns>0; -ENOSPC when there is too little room; -EBADF; -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_bo_names")]
    public static int BoNames(DeviceHandle device, byte* text, uint* bytes)
    {
        try
        {
            string list = Handles.Get<NativeDevice>(device.Value).Names.ToString();
            return Need.Fill(System.Text.Encoding.UTF8.GetBytes(list), text, bytes, static letter => letter);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static NativeClient Get(ClientHandle client) => Handles.Get<NativeClient>(client.Value);
}
