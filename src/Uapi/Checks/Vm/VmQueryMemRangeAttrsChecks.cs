using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>VM_QUERY_MEM_RANGE_ATTRS, before the look-up of the VM: a call either counts or fills (BIND-275).</summary>
[CheckList(typeof(DrmXeVmQueryMemRangeAttr))]
[RequireZero(1, "BIND-275", Errno.EINVAL, "a call that counts names no array", "vector_of_mem_attr", "sizeof_mem_range_attr",
    When = nameof(Counts))]
[RefuseIf(2, "BIND-275", Errno.EINVAL, "a call that fills needs an array", "vector_of_mem_attr", nameof(FillsNothing))]
[RefuseIf(3, "BIND-275", Errno.EINVAL, "an entry of the array has 64 bytes", "sizeof_mem_range_attr", nameof(EntrySizeDiffers))]
internal static partial class VmQueryMemRangeAttrsChecks
{
    private static bool Counts(in DrmXeVmQueryMemRangeAttr argument) => argument.NumMemRanges == 0;

    private static bool FillsNothing(in DrmXeVmQueryMemRangeAttr argument) => argument.NumMemRanges != 0 && argument.VectorOfMemAttr == 0;

    private static unsafe bool EntrySizeDiffers(in DrmXeVmQueryMemRangeAttr argument) =>
        argument.NumMemRanges != 0 && argument.SizeofMemRangeAttr != (ulong)sizeof(DrmXeMemRangeAttr);
}
