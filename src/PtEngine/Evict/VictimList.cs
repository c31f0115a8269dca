using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Evict;

/// <summary>Which BOs may leave a region to make room, the one used longest ago first (made, bound or validated), and of two the one with the lower number. The order depends on
/// what was bound when and on nothing else.</summary>
internal static class VictimList
{
    /// <summary>The candidates, in order, each with a reference that the caller gives back (<see cref="BoTable.DropReferences"/>). The caller is inside all VMs.</summary>
    /// <param name="bos">BOs of the device.</param>
    /// <param name="region">Region of device memory.</param>
    /// <param name="vm">VM on whose behalf, or null.</param>
    /// <param name="wanted">BO that needs the room.</param>
    /// <param name="mayEvictOwn">BOs that the VM maps or that are private to it count too (BIND-021).</param>
    public static List<BufferObject> Of(BoTable bos, int region, VmContext? vm, BufferObject wanted, bool mayEvictOwn)
    {
        HashSet<int> request = BosOfRequest(vm);
        var victims = new List<BufferObject>();
        bos.Collect(
            bo => bo.Place is { Blocks.Count: > 0 } place && place.Region == region && !bo.IsPinned && !bo.IsProtected
                && !ReferenceEquals(bo, wanted) && !request.Contains(bo.Slot) && (mayEvictOwn || !IsOf(vm, bo)),
            victims);
        victims.Sort((a, b) => (LastUse(a), a.Slot).CompareTo((LastUse(b), b.Slot)));
        return victims;
    }

    /// <summary>A job uses all private BOs of its VM at once, except in fault mode (specification 02 section 4, "bulk LRU").</summary>
    private static long LastUse(BufferObject bo) =>
        bo.PrivateTo is VmContext { Facts.IsFaultMode: false } vm ? Math.Max(bo.LastUse, vm.LastExec) : bo.LastUse;

    private static bool IsOf(VmContext? vm, BufferObject bo) =>
        vm is not null && (ReferenceEquals(bo.PrivateTo, vm) || vm.Space.BoVmas.First(bo.Slot) != 0);

    /// <summary>What the running request locks is validated by it (EVT-010).</summary>
    private static HashSet<int> BosOfRequest(VmContext? vm)
    {
        var bos = new HashSet<int>();
        for (int i = 0; vm is not null && i < vm.Call.Ops.Count; i++)
        {
            ref GpuvaOp op = ref vm.Call.Ops[i];
            foreach (int vma in (ReadOnlySpan<int>)[op.Vma, op.Previous.Vma, op.Next.Vma])
            {
                if (vma != 0)
                    bos.Add(vm.Space.Vmas[vma].Bo);
            }
        }

        return bos;
    }
}
