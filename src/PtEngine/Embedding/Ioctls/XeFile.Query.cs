using System.Runtime.InteropServices;
using XePt.Madvise;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// DEVICE_QUERY (specification 01 section 4) and VM_QUERY_MEM_RANGE_ATTRS (02 section 19, 04 section 13.6).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_DEVICE_QUERY with its buffer at hand (UAPI-010 to UAPI-012).</summary>
    /// <remarks>ENGINE_CYCLES and UC_FW_VERSION read from the buffer what is asked for. HWCONFIG has an empty answer. OA_UNITS, PXP_STATUS
    /// and EU_STALL are not offered.</remarks>
    /// <param name="args">In: query and size; its pointer is not followed. Out: with size 0 the size of the answer.</param>
    /// <param name="data">Takes the answer; a buffer that is too small counts as one that cannot be read or written.</param>
    /// <returns>Ok; -EINVAL, also for a size that is not the answer's and for what the buffer asks for; -ENODEV for a query that is not
    /// offered and for firmware that does not run; -EFAULT, for MEM_REGIONS -ENOSPC, when the buffer cannot be read or written.</returns>
    /// <exception cref="ArgumentException">A buffer for a call with size 0.</exception>
    public Errno DeviceQuery(ref DrmXeDeviceQuery args, Span<byte> data = default)
    {
        using CallScope scope = BeginIoctl(XeIoctl.DeviceQuery);
        if (args.Size == 0 && !data.IsEmpty)
            throw new ArgumentException(
                "a call with size 0 asks how large the answer is and would leave the buffer as it is", nameof(data));
        return Finish(DeviceAnswers.Answer(ref args, Device, IsPrivileged, new QueryBuffer(data)));
    }

    /// <summary>DRM_IOCTL_XE_VM_QUERY_MEM_RANGE_ATTRS with its array at hand: counts the VMAs that overlap <c>[start, start + range)</c>,
    /// or shows their attributes by address, each with the VMA's own start and end (BIND-275 to BIND-277). Works on a banned VM
    /// too.</summary>
    /// <param name="args">In: all zero but VM and interval to count; else the array's length and element size. Its pointer is not followed.
    /// Out: number of VMAs, and the element size.</param>
    /// <param name="ranges">Takes the attributes; shorter than their number counts as an array that cannot be written.</param>
    /// <returns>Ok; -EINVAL, also for an unknown VM; -ENOSPC when the call has room for fewer, -EFAULT when the array cannot be
    /// written, -ENOBUFS (-ENOMEM for a single record) without memory for the answer: these write nothing.</returns>
    /// <exception cref="ArgumentException">An array for a call that only counts.</exception>
    public Errno VmQueryMemRangeAttrs(ref DrmXeVmQueryMemRangeAttr args, Span<DrmXeMemRangeAttr> ranges = default)
    {
        using CallScope scope = BeginIoctl(XeIoctl.VmQueryMemRangeAttrs);
        if (args is { NumMemRanges: 0, SizeofMemRangeAttr: 0, VectorOfMemAttr: 0 } && !ranges.IsEmpty)
            throw new ArgumentException("a call with num_mem_ranges 0 only counts and would leave the array as it is", nameof(ranges));
        using var list = new AttributeList(Device.Gate);
        Rejection why = list.Answer(ref args, _vms.Find(args.VmId)?.Context);
        if (!why.IsRejected && !list.Found.TryCopyTo(ranges))
            why = Refusals.MemRangeAttrsUnwritable(args.VectorOfMemAttr);
        return Finish(why);
    }

    private Errno DeviceQueryFromUser(ref DrmXeDeviceQuery args) =>
        Finish(DeviceAnswers.Answer(ref args, Device, IsPrivileged, new QueryBuffer(UserMemory, args.Data)));

    private Errno VmQueryMemRangeAttrsFromUser(ref DrmXeVmQueryMemRangeAttr args)
    {
        using var list = new AttributeList(Device.Gate);
        Rejection why = list.Answer(ref args, _vms.Find(args.VmId)?.Context);
        if (!why.IsRejected && !list.Found.IsEmpty && !UserMemory.TryWrite(args.VectorOfMemAttr, MemoryMarshal.AsBytes(list.Found)))
            why = Refusals.MemRangeAttrsUnwritable(args.VectorOfMemAttr);
        return Finish(why);
    }
}
