using System.Buffers;
using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Accesses of the simulated GPU, and its page faults.</summary>
internal static unsafe class AccessExports
{
    // SAFETY, all: a pointer of the caller's is not null (Need), and leads to what xept.h says; more no border can know.

    /// <summary>Reads or writes memory as the GPU does: each page by the tables of the moment, with page faults in fault mode, which are
    /// served before this returns. To whoever takes memory away an access is a TLB of its GT.</summary>
    /// <param name="gt">GT that accesses.</param>
    /// <param name="kind">Read or write.</param>
    /// <param name="bytes">Receives what is read, or is what is written.</param>
    /// <param name="size">How many bytes.</param>
    /// <param name="result">Receives what became of it; may be NULL.</param>
    /// <returns>0 when all bytes were read or written. Else the error that a page fault was answered with; -EFAULT when the entries do not
    /// let it pass or nobody keeps the bytes; -EAGAIN while a page fault waits; -EIO when it was lost. -EBADF; -ENOENT; -EINVAL.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_access")]
    public static int Access(
        ClientHandle client, uint vmId, int gt, ulong va, [CEnum(typeof(GpuAccessKind))] uint kind, void* bytes, ulong size,
        AccessResult* result)
    {
        try
        {
            GpuAccess access = Get(client, vmId).Access(va, KindOf(kind), Need.Bytes(bytes, size, "bytes"), gt);
            if (result != null)
                *result = AbiMap.Of(access);
            return ErrorOf(access);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>An atomic access of the GPU; otherwise as xept_access.</summary>
    /// <param name="gt">GT that accesses.</param>
    /// <param name="va">GPU address, aligned to the word.</param>
    /// <param name="op">What to do with the word.</param>
    /// <param name="old">Receives what was there; may be NULL.</param>
    /// <param name="result">Receives what became of it; may be NULL.</param>
    /// <returns>As xept_access.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_atomic")]
    public static int Atomic(ClientHandle client, uint vmId, int gt, ulong va, [CConst] AtomicOp* op, ulong* old, AccessResult* result)
    {
        try
        {
            Need.Pointer(op, "op");
            GpuAccess access = Get(client, vmId).Atomic(va, AbiMap.Of(*op), out ulong found, gt);
            if (old != null)
                *old = found;
            if (result != null)
                *result = AbiMap.Of(access);
            return ErrorOf(access);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Many accesses at once, of any VMs of a device: page faults of all are under way at the same time.</summary>
    /// <param name="requests">The accesses, which go on in no order.</param>
    /// <param name="count">How many.</param>
    /// <param name="bytes">The bytes of all; each request says which are its own.</param>
    /// <param name="size">How many bytes there are.</param>
    /// <param name="results">Receives what became of each.</param>
    /// <returns>0, whatever became of them; -EBADF; -ENOENT; -EINVAL; -EFAULT; and then nothing has happened.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_access_many")]
    public static int AccessMany(
        DeviceHandle device, [CConst] AccessRequest* requests, uint count, void* bytes, ulong size, AccessResult* results)
    {
        try
        {
            XeDevice found = Handles.Get<NativeDevice>(device.Value).Device;
            if (count > Array.MaxLength)
                return Failure.Of(Errno.EINVAL, $"{count} accesses are too many");
            if (count != 0)
            {
                Need.Pointer(requests, "requests");
                Need.Pointer(results, "results");
            }

            RunMany(found, requests, (int)count, Need.Bytes(bytes, size, "bytes"), results);
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Takes a page fault in, as from the firmware. With the inline drive it is served and answered before this returns, unless it
    /// has to wait; with the queued drive when somebody pumps. The answer goes to the fault_reply of the device.</summary>
    /// <returns>0; -ENOSPC when its queue is full, and it is lost; -EBADF; -EINVAL for a GT that the device does not have;
    /// -EFAULT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_fault_raise")]
    public static int FaultRaise(DeviceHandle device, [CConst] FaultInfo* fault)
    {
        try
        {
            Need.Pointer(fault, "fault");
            return Failure.Of(
                Handles.Get<NativeDevice>(device.Value).Device.RaiseFault(AbiMap.Of(*fault)), "the queue of the fault is full");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>Serves a page fault at an address at once, without a queue: binds the VMA there unless its mapping is valid.</summary>
    /// <returns>0; -EINVAL for a VM that is not in fault mode and without a VMA; -EOPNOTSUPP in a mirror; what binding failed with; -EBADF;
    /// -ENOENT.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_fault_serve")]
    public static int FaultServe(ClientHandle client, uint vmId, ulong va)
    {
        try
        {
            XeVm vm = Get(client, vmId);
            Errno errno = vm.Fault(va);
            return errno == Errno.Ok ? 0 : Failure.Of(errno, vm.LastRejection);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>A GT is reset: queues with a job that has started there are banned, as after a hang, and its faults that wait in a queue
    /// are neither served nor answered.</summary>
    /// <returns>How many faults were forgotten; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_gt_reset")]
    public static int GtReset(DeviceHandle device, int gt)
    {
        try
        {
            return Handles.Get<NativeDevice>(device.Value).ResetGt(gt);
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static void RunMany(XeDevice device, AccessRequest* requests, int count, Span<byte> bytes, AccessResult* results)
    {
        GpuAccessRequest[] accesses = ArrayPool<GpuAccessRequest>.Shared.Rent(count);
        GpuAccess[] outcomes = ArrayPool<GpuAccess>.Shared.Rent(count);
        try
        {
            for (int i = 0; i < count; i++)
                accesses[i] = RequestOf(requests[i]);
            device.Access(accesses.AsSpan(0, count), bytes, outcomes.AsSpan(0, count));
            for (int i = 0; i < count; i++)
                results[i] = AbiMap.Of(outcomes[i]);
        }
        finally
        {
            ArrayPool<GpuAccessRequest>.Shared.Return(accesses, clearArray: true);
            ArrayPool<GpuAccess>.Shared.Return(outcomes, clearArray: true);
        }
    }

    private static GpuAccessRequest RequestOf(in AccessRequest from)
    {
        GpuAccessKind kind = KindOf(from.Kind);
        if (from.Offset > int.MaxValue || from.Size > int.MaxValue)
            throw new XeptException(Errno.EINVAL, $"{from.Size} bytes from {from.Offset} on are not its own");
        return new GpuAccessRequest(Get(from.Client, from.VmId), from.Va, kind, (int)from.Offset, (int)from.Size)
        {
            Gt = (int)from.Gt,
            Atomic = kind == GpuAccessKind.Atomic ? AbiMap.Of(from.Atomic) : default,
        };
    }

    private static int ErrorOf(in GpuAccess access) => access.Status switch
    {
        GpuAccessStatus.Done or GpuAccessStatus.Scratch => 0,
        GpuAccessStatus.Nacked => Failure.Of(access.Why),
        GpuAccessStatus.Pending => Failure.Of(Errno.EAGAIN, access.ToString()),
        GpuAccessStatus.Lost => Failure.Of(Errno.EIO, access.ToString()),
        _ => Failure.Of(Errno.EFAULT, access.ToString()),
    };

    private static GpuAccessKind KindOf(uint kind) => kind <= (uint)GpuAccessKind.Atomic
        ? (GpuAccessKind)kind : throw new XeptException(Errno.EINVAL, $"no kind of access {kind}");

    private static XeVm Get(ClientHandle client, uint vmId) => Handles.Get<NativeClient>(client.Value).Vm(vmId);
}
