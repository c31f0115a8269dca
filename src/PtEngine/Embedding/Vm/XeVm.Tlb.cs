using XePt.Stage;
using XePt.Tlb;
using XePt.Walk;

namespace XePt;

// What TLB models need of a VM.
public sealed partial class XeVm
{
    /// <summary>How TLB invalidations name the VM.</summary>
    public TlbVm TlbVm => Context.Tlb.Vm;

    /// <summary>The VM's tables on a tile, as a TLB model walks them. Keep it; it may be used on any number of threads.</summary>
    public TlbSpace GetTlbSpace(int tile = 0) => new Space(this, TablesOf(tile));

    private sealed class Space(XeVm vm, TileTables tables)
        : TlbSpace(vm.TlbVm, vm.Context.Facts.Platform.RootLevel, vm.Context.Facts.Platform.FormatId, vm.Size)
    {
        public override unsafe Translation Walk(ref TlbWalk walk, ulong va)
        {
            using WalkPin pin = vm.File.Device.EnterWalk();
            if (walk.Table == 0)
                (walk.Table, walk.Level) = (tables.RootAddress, RootLevel);
            // SAFETY: the walk is fixed while the memory that points to it is in use.
            fixed (TlbWalk* notes = &walk)
                return PageWalker.WalkFrom(
                    new TracedMemory(new PoolMemory(tables.Pool), notes), walk.Table, walk.Level, walk.IsCompact, Format, va);
        }
    }
}
