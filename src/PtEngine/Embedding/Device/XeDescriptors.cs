using XePt.Memory;

namespace XePt;

/// <summary>
/// The file descriptors of a process that stand for something shared: BOs, sync objects, fences, clients of devices (docs/drm-core.md
/// sections 8 and 9). What
/// is exported stays there until its descriptor is closed.
/// </summary>
/// <remarks>The clients of a device share one table unless they are given others; devices share one when they are made with it
/// (<see cref="XeDeviceOptions.Descriptors"/>). Any thread.</remarks>
public sealed class XeDescriptors
{
    // The lowest three are the streams that every process begins with.
    private const int First = 3;

    private readonly HandleTable<SharedFile> _files = new();

    /// <summary>Open descriptors.</summary>
    public int Count => _files.Count;

    /// <summary>What closing a file descriptor does: what it stands for loses a user.</summary>
    /// <returns>False when it is not open.</returns>
    public bool Close(int fd)
    {
        if (fd < First || _files.Remove((uint)(fd - First + 1)) is not { } file)
            return false;
        file.Close();
        return true;
    }

    /// <summary>Gives a client of a device the descriptor that it is known by to others: advice names the memory of a device so
    /// (MADV-018).</summary>
    /// <returns>The lowest free descriptor. Closing it does not close the client.</returns>
    public int Open(XeFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Add(new DeviceFile(file));
    }

    /// <summary>Opens a descriptor, the lowest free one.</summary>
    internal int Add(SharedFile file) => (int)_files.Add(file) - 1 + First;

    /// <summary>What a descriptor stands for, or null when it is not open.</summary>
    internal SharedFile? Find(int fd) => fd < First ? null : _files.Find((uint)(fd - First + 1));

    /// <summary>For example <c>2 open descriptors</c>.</summary>
    public override string ToString() => $"{Count} open descriptor{(Count == 1 ? "" : "s")}";
}
