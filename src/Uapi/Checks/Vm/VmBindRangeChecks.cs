using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One op of VM_BIND against the size of its VM, under the VM lock (phase 7).</summary>
[CheckList(typeof(DrmXeVmBindOp), Context = typeof(BindCheckContext))]
[RefuseIf(1, "BIND-047", Errno.EINVAL, "larger than the VM", "range", nameof(RangeExceedsVm),
    ComparedWith = "size of the VM", Comparand = nameof(SizeOfVm))]
[RefuseIf(2, "BIND-047", Errno.EINVAL, "the range that starts here ends beyond the VM", "addr", nameof(EndExceedsVm),
    ComparedWith = "size of the VM", Comparand = nameof(SizeOfVm))]
internal static partial class VmBindRangeChecks
{
    private static ulong SizeOfVm(in BindCheckContext context) => context.VmSize;

    private static bool RangeExceedsVm(in DrmXeVmBindOp op, in BindCheckContext context) => op.Range > context.VmSize;

    // Row 1 has passed, so the difference does not wrap.
    private static bool EndExceedsVm(in DrmXeVmBindOp op, in BindCheckContext context) => op.Addr > context.VmSize - op.Range;
}
