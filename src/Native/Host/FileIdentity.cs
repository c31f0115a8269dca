namespace XePt.Native;

/// <summary>What makes a file that file, whoever has it open.</summary>
/// <param name="Device">The file system it is in.</param>
/// <param name="Inode">Its number there.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>That of the file behind a descriptor; null for one that is not open.</summary>
    public static FileIdentity? TryOf(int fd) => TryLook(fd, out FileIdentity identity, out _) ? identity : null;

    /// <summary>Looks at the file behind a descriptor.</summary>
    /// <returns>False for one that is not open.</returns>
    public static unsafe bool TryLook(int fd, out FileIdentity identity, out ulong size)
    {
        LibC.FileFacts facts;
        // SAFETY: fstatat writes one struct of that layout; an empty path is the descriptor's own file.
        bool isOpen = LibC.Look(fd, "", &facts, LibC.EmptyPath) == 0;
        identity = isOpen ? new FileIdentity(facts.Device, facts.Inode) : default;
        size = isOpen ? (ulong)facts.Size : 0;
        return isOpen;
    }
}
