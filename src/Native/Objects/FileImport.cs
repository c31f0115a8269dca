using XePt.Uapi;

namespace XePt.Native;

/// <summary>Buffer objects that are made of files.</summary>
internal static class FileImport
{
    /// <summary>A handle for the object that a file is.</summary>
    /// <param name="client">Who imports it.</param>
    /// <param name="fd">The file's descriptor.</param>
    /// <param name="handle">Receives the handle.</param>
    /// <returns>0 or a negative error.</returns>
    public static int Take(NativeClient client, int fd, out uint handle)
    {
        handle = 0;
        if (client.Device.Store is not BoFileStore store)
            return Failure.Of(Errno.EINVAL, "objects of this device have no files of their own");
        if (!FileIdentity.TryLook(fd, out FileIdentity identity, out ulong size))
            return Failure.Of(Errno.EBADF, $"descriptor {fd} is not open");
        if (client.Device.FindBo(identity) is { } known && client.File.ShareBo(known.Object, isNew: false) is var shared && shared != 0)
        {
            handle = shared;
            return 0;
        }

        // A file that others could make shorter would be one whose pages may be gone.
        bool isSealed = LibC.ControlFile(fd, LibC.GetSeals, 0) is >= 0 and var seals && (seals & LibC.SealSize) == LibC.SealSize;
        string? link = isSealed ? new FileInfo($"/proc/self/fd/{fd}").LinkTarget : null;
        if (link is null || BoFileName.TryRead(link, size) is not { } bo)
            return Failure.Of(Errno.EINVAL, $"the file behind descriptor {fd} is no buffer object");
        return Make(client, store, fd, bo, out handle);
    }

    private static int Make(NativeClient client, BoFileStore store, int fd, in BoTraits bo, out uint handle)
    {
        handle = 0;
        if (BoFile.TryOpen(store, fd, bo.Size) is not { } contents)
            return Failure.Of(Errno.ENOMEM, $"0x{bo.Size:x} bytes cannot be mapped");
        // A device that is not the one it was made on may have fewer places, and write-back caching in system memory alone.
        uint placements = bo.Placements & client.Device.Device.Platform.MemoryRegionMask;
        var args = new DrmXeGemCreate
        {
            Size = bo.Size,
            Placement = placements != 0 ? placements : 1,
            CpuCaching = bo.CpuCaching,
        };
        Errno errno = client.File.GemCreate(ref args, contents);
        handle = args.Handle;
        return Failure.Of(errno, client.File.LastRejection);
    }
}
