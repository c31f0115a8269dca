using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;

namespace XePt.Cli.Vectors.Svm;

/// <summary><c>up</c>: the userptrs of a VM in the terms of the vectors.</summary>
internal sealed class UserptrState(XeVm vm, XeDevice device, RangePagesText text)
{
    public string Userptrs()
    {
        var records = new List<string>();
        GpuvaSpace space = vm.Context.Space;
        for (int vma = space.NextFrom(0); vma != 0; vma = space.NextFrom(space.Vmas[vma].End))
        {
            if (space.Vmas[vma].Userptr != 0)
                records.Add(RecordOf(space.Vmas[vma]));
        }

        return Text.List(records);
    }

    /// <summary>Keeps how the pages of some were collected, see <see cref="RangePagesText"/>.</summary>
    public void KeepPages(Predicate<Vma> isOne)
    {
        GpuvaSpace space = vm.Context.Space;
        for (int vma = space.NextFrom(0); vma != 0; vma = space.NextFrom(space.Vmas[vma].End))
        {
            ref readonly Vma v = ref space.Vmas[vma];
            if (v.Userptr != 0 && isOne(v) && AddressesOf(v) is { } addresses)
                text.KeepUserptr(v.Userptr, v.Offset, v.Offset + v.Size, addresses);
        }
    }

    private string RecordOf(in Vma v)
    {
        UserptrTable table = vm.Context.Userptrs;
        int slot = table.PagesOf(v.Userptr), pagemap = table.PagemapOf(v.Userptr);
        string flags = (slot != 0 ? "d" : "") + (pagemap != 0 ? "v" : "") + (table.IsStale(v.Userptr) ? "s" : "")
            + (table.WasBound(v.Userptr) ? "b" : "") + (table.IsInvalidated(v.Userptr) ? "i" : "");
        string entries = AddressesOf(v) is { } addresses
            ? text.OfUserptr(v.Userptr, v.Offset, v.Offset + v.Size, addresses) : "[]";
        return Text.List(Text.Hex(v.Start), Text.Word(flags), Text.Number(TileOf(pagemap)), entries);
    }

    /// <summary>What the engine keeps for an offset, or null while it has no pages.</summary>
    private Func<ulong, ulong>? AddressesOf(in Vma v)
    {
        if (vm.Context.Userptrs.PagesOf(v.Userptr) is not (var slot and not 0))
            return null;
        Backing pages = vm.Context.Cpu.BackingOf(slot, out ulong first)!;
        ulong skipped = v.Offset - first;
        return offset => pages.CursorAt(offset + skipped).AddressAt(offset + skipped);
    }

    private int TileOf(int pagemap) => pagemap == 0 ? -1 : device.Mirrors.Pagemaps.Single(item => item.Number == pagemap).Tile;
}
