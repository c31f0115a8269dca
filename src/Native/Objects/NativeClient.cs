using XePt.Uapi;

namespace XePt.Native;

/// <summary>A client behind its handle.</summary>
internal sealed class NativeClient : NativeObject
{
    /// <exception cref="XeptException">A choice that means nothing.</exception>
    public NativeClient(NativeDevice device, in ClientOptions options)
    {
        Device = device;
        Number = device.NextClientNumber();
        IUserMemory memory = MemoryOf(options);
        File = device.Device.OpenFile();
        File.UserMemory = memory;
        if (((ClientFlags)options.Flags & ClientFlags.ProcessMemory) != 0)
            File.AddressSpace = LiveProcess.Instance;
        File.IsPrivileged = ((ClientFlags)options.Flags & ClientFlags.Privileged) != 0;
        Handles.Add(this);
    }

    /// <summary>The device.</summary>
    public NativeDevice Device { get; }

    /// <summary>The client.</summary>
    public XeFile File { get; }

    /// <summary>Which client of the device it is, from 1; never used again.</summary>
    public long Number { get; }

    /// <summary>A VM of the client.</summary>
    /// <exception cref="XeptException">There is none of this id.</exception>
    public XeVm Vm(uint id) => File.FindVm(id) ?? throw new XeptException(Errno.ENOENT, $"the client has no VM {id}");

    /// <summary>A buffer object of the client.</summary>
    /// <exception cref="XeptException">There is none of this handle.</exception>
    public XeBo Bo(uint handle) =>
        File.FindBo(handle) ?? throw new XeptException(Errno.ENOENT, $"the client has no buffer object {handle}");

    private static unsafe IUserMemory MemoryOf(in ClientOptions options)
    {
        const ClientFlags Known = ClientFlags.TrustPointers | ClientFlags.Privileged | ClientFlags.ProcessMemory;
        if (((ClientFlags)options.Flags & ~Known) != 0)
            throw new XeptException(Errno.EINVAL, $"flags 0x{options.Flags:x} mean nothing to this version of the library");
        if (options.Read == null != (options.Write == null))
            throw new XeptException(Errno.EINVAL, "of read and write there are both or none");
        if (options.Read != null && ((ClientFlags)options.Flags & ClientFlags.ProcessMemory) != 0)
            throw new XeptException(Errno.EINVAL, "the client's memory is this process's, or read and write have it");
        return options.Read != null ? new CallbackMemory(options)
            : ((ClientFlags)options.Flags & ClientFlags.TrustPointers) != 0 ? TrustedMemory.Instance : ProcessMemory.Instance;
    }
}
