using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// The untyped entry: a request code and the bytes of the argument, as a file descriptor would get them (specification 01 section 1).
public sealed partial class XeFile
{
    /// <summary>Runs a request given by its code and the raw bytes of its argument; user pointers in it are followed through <see cref="UserMemory"/>.</summary>
    /// <param name="request">Request code, for example <see cref="XeIoctl.VmBind"/>; its size may be smaller or larger than the driver's.</param>
    /// <param name="argument">The argument struct. Requests that write back do so also when they fail. Missing tail reads as zero, extra bytes are ignored.</param>
    /// <returns>The errno of the request; -ENOTTY for a foreign type byte, -EINVAL for a number the driver does not have or XePt does not offer here.</returns>
    public Errno Ioctl(uint request, Span<byte> argument)
    {
        ThrowIfClosed();
        if (XeIoctl.TypeOf(request) != XeIoctl.DrmType)
            return Refuse(Refusals.RequestIsNotDrm(request));
        if (DrmIoctl.IsCore(request))
            return CoreIoctl(request, argument);

        return XeIoctl.NumberOf(request) switch
        {
            XeIoctl.Numbers.DeviceQuery => Call(argument, (XeFile file, ref DrmXeDeviceQuery args) => file.DeviceQueryFromUser(ref args)),
            XeIoctl.Numbers.GemMmapOffset => Call(argument, (XeFile file, ref DrmXeGemMmapOffset args) => file.GemMmapOffset(ref args)),
            XeIoctl.Numbers.VmQueryMemRangeAttrs =>
                Call(argument, (XeFile file, ref DrmXeVmQueryMemRangeAttr args) => file.VmQueryMemRangeAttrsFromUser(ref args)),
            XeIoctl.Numbers.VmCreate => Call(argument, (XeFile file, ref DrmXeVmCreate args) => file.VmCreate(ref args)),
            XeIoctl.Numbers.VmDestroy => Call(argument, (XeFile file, ref DrmXeVmDestroy args) => file.VmDestroy(args)),
            XeIoctl.Numbers.GemCreate => Call(argument, (XeFile file, ref DrmXeGemCreate args) => file.GemCreate(ref args)),
            XeIoctl.Numbers.VmBind => Call(argument, (XeFile file, ref DrmXeVmBind args) => file.VmBindFromUser(args)),
            XeIoctl.Numbers.ExecQueueCreate => Call(argument, (XeFile file, ref DrmXeExecQueueCreate args) => file.ExecQueueCreateFromUser(ref args)),
            XeIoctl.Numbers.ExecQueueDestroy => Call(argument, (XeFile file, ref DrmXeExecQueueDestroy args) => file.ExecQueueDestroy(args)),
            XeIoctl.Numbers.ExecQueueGetProperty => Call(argument, (XeFile file, ref DrmXeExecQueueGetProperty args) => file.ExecQueueGetProperty(ref args)),
            XeIoctl.Numbers.ExecQueueSetProperty => Call(argument, (XeFile file, ref DrmXeExecQueueSetProperty args) => file.ExecQueueSetProperty(args)),
            XeIoctl.Numbers.Exec => Call(argument, (XeFile file, ref DrmXeExec args) => file.ExecFromUser(args)),
            XeIoctl.Numbers.WaitUserFence => Call(argument, (XeFile file, ref DrmXeWaitUserFence args) => file.WaitUserFence(ref args)),
            XeIoctl.Numbers.Observation => Call(argument, (XeFile file, ref DrmXeObservationParam args) => file.Observation(args)),
            _ => Refuse(Refusals.RequestIsUnknown(request)),
        };
    }

    // 80 MiB of ops: more than any client sends, less than hurts (BIND-064).
    private const uint MostBinds = 1 << 20;

    private delegate Errno Handler<T>(XeFile file, ref T args);

    private Errno Call<T>(Span<byte> argument, Handler<T> handler)
        where T : unmanaged
    {
        T args = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref args));
        int given = Math.Min(argument.Length, bytes.Length);
        argument[..given].CopyTo(bytes);
        Errno error = handler(this, ref args);
        bytes[..given].CopyTo(argument);
        return error;
    }

    private Errno Observation(in DrmXeObservationParam args) => Refuse(Refusals.ObservationIsAbsent((ulong)args.ObservationType));

    /// <summary>VM_BIND with its arrays still in user memory. What cannot be read is left out, which the typed call answers with -EFAULT in its place.</summary>
    private Errno VmBindFromUser(in DrmXeVmBind args)
    {
        if (_vms.Find(args.VmId) is not { } vm)
            return Refuse(Refusals.VmBindUnknownVm(args.VmId));
        Rejection why = VmBindChecks.Validate(args, vm.Context.Checks);
        if (why.IsRejected)
            return Refuse(why);

        // Reading stops at the first unreadable element, so a huge count costs no more than the memory that is there.
        ReadOnlySpan<DrmXeVmBindOp> binds = args.NumBinds > 1 ? ReadArray<DrmXeVmBindOp>(args.VectorOfBinds, Math.Min(args.NumBinds, MostBinds)) : default;
        if (binds.Length == MostBinds && args.NumBinds > MostBinds)
            return Refuse(Refusals.VmBindVectorIsTooLarge(args.NumBinds));

        return VmBind(args, binds, ReadSyncs(args.Syncs, args.NumSyncs));
    }

    /// <summary>EXEC_QUEUE_CREATE with its instances still in user memory. A count that the checks refuse reads nothing.</summary>
    private Errno ExecQueueCreateFromUser(ref DrmXeExecQueueCreate args)
    {
        uint count = (uint)args.Width * args.NumPlacements;
        ReadOnlySpan<DrmXeEngineClassInstance> instances =
            count <= XeLimits.MaxEngineInstances ? ReadArray<DrmXeEngineClassInstance>(args.Instances, count) : default;
        return ExecQueueCreate(ref args, instances);
    }

    /// <summary>EXEC with its arrays still in user memory. Without batches there are no addresses to read (BIND-108).</summary>
    private Errno ExecFromUser(in DrmXeExec args)
    {
        int width = args.NumBatchBuffer == 0 ? 0 : FindQueue(args.ExecQueueId)?.Width ?? 0;
        ReadOnlySpan<ulong> addresses = width > 1 ? ReadArray<ulong>(args.Address, (uint)width) : default;
        return Exec(args, ReadSyncs(args.Syncs, args.NumSyncs), addresses);
    }

    private ReadOnlySpan<DrmXeSync> ReadSyncs(ulong address, uint count) => count is > 0 and <= XeConstants.MaxSyncs ? ReadArray<DrmXeSync>(address, count) : default;

    private ReadOnlySpan<T> ReadArray<T>(ulong address, uint count)
        where T : unmanaged
    {
        var items = new List<T>();
        for (uint i = 0; i < count; i++)
        {
            T item = default;
            if (!UserMemory.TryRead(address + (i * (ulong)Unsafe.SizeOf<T>()), MemoryMarshal.AsBytes(new Span<T>(ref item))))
                break;
            items.Add(item);
        }

        return CollectionsMarshal.AsSpan(items);
    }
}
