using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;

namespace XePt.Cli.Vectors.Svm;

/// <summary><c>up</c>: the userptrs of a VM in the terms of the vectors.</summary>
internal sealed class UserptrState(XeVm vm, ModelProcess process, XeDevice device, BlockNumbers blocks)
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

    private string RecordOf(in Vma v)
    {
        UserptrTable table = vm.Context.Userptrs;
        int slot = table.PagesOf(v.Userptr), pagemap = table.PagemapOf(v.Userptr);
        string flags = (slot != 0 ? "d" : "") + (pagemap != 0 ? "v" : "") + (table.IsStale(v.Userptr) ? "s" : "")
            + (table.WasBound(v.Userptr) ? "b" : "") + (table.IsListed(v.Userptr) ? "i" : "");
        ulong first = v.Offset;
        Backing? pages = slot != 0 ? vm.Context.Cpu.BackingOf(slot, out first) : null;
        ulong skipped = v.Offset - first;
        string entries = pages is null ? "[]" : RangePagesText.Of(
            process, device, v.Offset, v.Offset + v.Size, offset => pages.CursorAt(offset + skipped).AddressAt(offset + skipped), blocks);
        return Text.List(Text.Hex(v.Start), Text.Word(flags), Text.Number(TileOf(pagemap)), entries);
    }

    private int TileOf(int pagemap) => pagemap == 0 ? -1 : device.Mirrors.Pagemaps.Single(item => item.Number == pagemap).Tile;
}
