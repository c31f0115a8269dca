using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_PRIME_HANDLE_TO_FD: <c>as</c> names the descriptor.</summary>
internal sealed record PrimeHandleToFdCall(StructImage Args, string? As) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new PrimeHandleToFdCall(StructImage.Read("drm_prime_handle", fields, profile), HandleNames.Take(fields));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmPrimeHandle>(player.Names);
        Errno errno = player.File.PrimeHandleToFd(ref args);
        Args.Cut(ref args);
        string text = $"handle {player.Names.Describe(HandleKind.Bo, args.Handle)}{Descriptor.Name(player, As, errno, args.Fd)}";
        return Descriptor.Result(player, errno, text, FieldReader.Of("drm_prime_handle", args));
    }
}

/// <summary>DRM_IOCTL_PRIME_FD_TO_HANDLE: <c>as</c> names the BO.</summary>
internal sealed record PrimeFdToHandleCall(FromDescriptor Given) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new PrimeFdToHandleCall(FromDescriptor.Read("drm_prime_handle", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Given.Args.ToStruct<DrmPrimeHandle>(player.Names);
        args.Fd = Given.FdOf(player);
        Given.Args.Cut(ref args);
        Errno errno = player.File.PrimeFdToHandle(ref args);
        Given.Args.Cut(ref args);
        uint handle = Given.Name(player, HandleKind.Bo, errno, args.Handle);
        if (handle != 0)
            player.LabelImported(player.File.FindBo(handle)!, Given.As);
        string made = handle == 0 ? "" : $" -> handle {handle}";
        string text = $"{Descriptor.Of(player, args.Fd)}{made}";
        return Descriptor.Result(player, errno, text, FieldReader.Of("drm_prime_handle", args));
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD: <c>as</c> names the descriptor.</summary>
internal sealed record SyncobjHandleToFdCall(StructImage Args, string? As) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new SyncobjHandleToFdCall(StructImage.Read("drm_syncobj_handle", fields, profile), HandleNames.Take(fields));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjHandle>(player.Names);
        Errno errno = player.File.SyncobjHandleToFd(ref args);
        Args.Cut(ref args);
        string made = Descriptor.Name(player, As, errno, args.Fd);
        string text = $"handle {player.Names.Describe(HandleKind.Syncobj, args.Handle)}{Descriptor.Of(args)}{made}";
        return Descriptor.Result(player, errno, text, FieldReader.Of("drm_syncobj_handle", args));
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE: <c>as</c> names the syncobj of an object's descriptor; that of a sync file is there.</summary>
internal sealed record SyncobjFdToHandleCall(FromDescriptor Given) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new SyncobjFdToHandleCall(FromDescriptor.Read("drm_syncobj_handle", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Given.Args.ToStruct<DrmSyncobjHandle>(player.Names);
        args.Fd = Given.FdOf(player);
        Given.Args.Cut(ref args);
        Errno errno = player.File.SyncobjFdToHandle(ref args);
        Given.Args.Cut(ref args);
        if ((args.Flags & SyncobjFileFlags.SyncFile) == 0)
            Given.Name(player, HandleKind.Syncobj, errno, args.Handle);
        string made = errno == Errno.Ok ? $" -> handle {player.Names.Describe(HandleKind.Syncobj, args.Handle)}" : "";
        string text = $"{Descriptor.Of(player, args.Fd)}{Descriptor.Of(args)}{made}";
        return Descriptor.Result(player, errno, text, FieldReader.Of("drm_syncobj_handle", args));
    }
}

/// <summary>A call that makes a handle of a descriptor, which is the process's and therefore not a field like others.</summary>
internal sealed record FromDescriptor(StructImage Args, HandleRef Fd, string? As)
{
    public static FromDescriptor Read(string structName, JsonFields fields, XeProfile profile)
    {
        HandleRef fd = HandleRef.Take(fields, "fd", HandleKind.Descriptor);
        return new FromDescriptor(StructImage.Read(structName, fields, profile), fd, HandleNames.Take(fields));
    }

    public int FdOf(TracePlayer player) => (int)Fd.Resolve(player.Parties.Descriptors);

    /// <summary>Names the handle; 0 when the call has made none.</summary>
    public uint Name(TracePlayer player, HandleKind kind, Errno errno, uint handle)
    {
        uint made = errno == Errno.Ok ? handle : 0;
        player.Names.Set(As, kind, made);
        return made;
    }
}

/// <summary>File descriptors in a few words.</summary>
internal static class Descriptor
{
    /// <summary>Names a new descriptor, and says so.</summary>
    public static string Name(TracePlayer player, string? name, Errno errno, int fd)
    {
        player.Parties.Descriptors.Set(name, HandleKind.Descriptor, errno == Errno.Ok ? (uint)fd : uint.MaxValue);
        return errno == Errno.Ok ? $" -> fd {fd}" : "";
    }

    /// <summary>What a call about a descriptor gives.</summary>
    public static CallResult Result(TracePlayer player, Errno errno, string text, StructField fields) =>
        new(errno, player.File.LastRejection, 0, text) { Fields = fields };

    public static string Of(TracePlayer player, int fd) =>
        fd < 0 ? $"fd {fd}" : $"fd {player.Parties.Descriptors.Describe(HandleKind.Descriptor, (uint)fd)}";

    public static string Of(in DrmSyncobjHandle args) => args.Flags == 0 ? ""
        : (args.Flags & SyncobjFileFlags.Timeline) == 0 ? $", {CallText.Of(args.Flags)}"
        : $", {CallText.Of(args.Flags)} {args.Point}";
}
