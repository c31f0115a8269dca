using System.Buffers;
using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt;

// The untyped entry: a request code and the bytes of the argument, as a file descriptor would get them (specification 01 section 1,
// docs/drm-core.md section 1). The way from there to the typed calls is generated from the declarations; here stands what they do not say.
public sealed partial class XeFile
{
    // A vector longer than this is worth a look at the call before it is read.
    private const uint LongVector = 1 << 12;

    /// <summary>Runs a request given by its code and the raw bytes of its argument; user pointers in it are followed through
    /// <see cref="UserMemory"/>.</summary>
    /// <param name="request">Request code, for example <see cref="XeIoctl.VmBind"/>; its size may be smaller or larger than
    /// the driver's.</param>
    /// <param name="argument">The argument struct. Requests that write back do so also when they fail. Missing tail reads as zero, extra
    /// bytes are ignored.</param>
    /// <returns>The errno of the request; -ENOTTY for a foreign type byte, -EINVAL for a number the driver does not
    /// have.</returns>
    public Errno Ioctl(uint request, Span<byte> argument)
    {
        ThrowIfClosed();
        return XeIoctl.TypeOf(request) == XeIoctl.DrmType ? RunRequest(request, argument) : Finish(Refusals.RequestIsNotDrm(request));
    }

    /// <summary>As <see cref="Ioctl(uint, Span{byte})"/>, with the argument struct in the client's memory as well
    /// (<see cref="UserMemory"/>): what an ioctl of a process is.</summary>
    /// <param name="request">Request code, as there.</param>
    /// <param name="argument">Where the argument struct is. It is written back, also when the request fails, if both the code given and the
    /// one declared say so.</param>
    /// <param name="why">Why it failed, whatever other threads do with the client; not rejected after a success.</param>
    /// <returns>As there; -EFAULT when the struct cannot be read, with nothing done, or written back, with everything done.</returns>
    public Errno Ioctl(uint request, ulong argument, out Rejection why)
    {
        ThrowIfClosed();
        // A request that nobody knows has no struct to look for.
        uint declared = XeIoctl.TypeOf(request) == XeIoctl.DrmType ? IoctlNames.CodeOf(request) : 0;
        Span<byte> bytes = stackalloc byte[declared != 0 ? XeIoctl.SizeOf(request) : 0];
        Errno error = !XeIoctl.CopiesIn(request & declared) ? Cleared(bytes)
            : UserMemory.TryRead(argument, bytes) ? Errno.Ok
            : Finish(Refusals.ArgumentIsUnreadable(argument));
        if (error == Errno.Ok)
        {
            error = Ioctl(request, bytes);
            if (XeIoctl.CopiesBack(request & declared) && !UserMemory.TryWrite(argument, bytes))
            {
                Remember(Refusals.ArgumentIsUnwritable(argument));
                error = Errno.EFAULT;
            }
        }

        why = error == Errno.Ok ? default : s_refusal;
        return error;
    }

    private static Errno Cleared(Span<byte> bytes)
    {
        bytes.Clear();
        return Errno.Ok;
    }

    [IoctlEntry(typeof(XeIoctl))]
    private partial Errno RunRequest(uint request, Span<byte> argument);

    private Errno UnknownRequest(uint request) => Finish(Refusals.RequestIsUnknown(request));

    /// <summary>DRM_IOCTL_XE_OBSERVATION (OBS-001): the device has nothing that could be observed.</summary>
    /// <returns>-EINVAL for what no driver knows, else -ENODEV.</returns>
    public Errno Observation(in DrmXeObservationParam args)
    {
        using CallScope scope = BeginIoctl(XeIoctl.Observation);
        Rejection why = ObservationChecks.Validate(args);
        return Finish(why.IsRejected ? why : Refusals.ObservationIsAbsent((ulong)args.ObservationType));
    }

    /// <summary>What the driver looks at before it reads the vector (BIND-041, BIND-058, BIND-061 to BIND-063): a long one need not
    /// be read for a call that is refused all the same.</summary>
    private Errno BeforeVmBind(in DrmXeVmBind args)
    {
        if (args.NumBinds <= LongVector)
            return Errno.Ok;
        if (_vms.Find(args.VmId) is not { } vm)
            return Finish(Refusals.VmBindUnknownVm(args.VmId));

        Rejection why = VmBindChecks.Validate(args, vm.Context.Checks);
        return why.IsRejected ? Finish(why) : Errno.Ok;
    }

    /// <summary>QUERY into user memory: what could be written before the first unwritable place stays written (DRM-010).</summary>
    private Errno SyncobjQueryFromUser(in DrmSyncobjTimelineArray args, ReadOnlySpan<uint> handles)
    {
        ulong[] points = ArrayPool<ulong>.Shared.Rent(handles.Length);
        Errno error = SyncobjQuery(args, handles, points.AsSpan(0, handles.Length));
        for (int i = 0; error == Errno.Ok && i < handles.Length; i++)
        {
            ulong address = args.Points + (sizeof(ulong) * (ulong)i);
            if (!UserMemory.TryWrite(address, MemoryMarshal.AsBytes(points.AsSpan(i, 1))))
                error = Finish(Refusals.SyncobjPointIsUnwritable(address));
        }

        ArrayPool<ulong>.Shared.Return(points);
        return error;
    }
}
