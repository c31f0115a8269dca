using System.Runtime.InteropServices;
using XePt.Gpuva;
using XePt.Pipeline;

namespace XePt;

// One number for the whole state of a VM, to show that a failed operation changed nothing.
public sealed partial class XeVm
{
    /// <summary>
    /// A hash over everything of this VM that later operations depend on: VMAs with all fields and list order, SVM ranges, every table's
    /// address, bytes, live count and children, pages of userptrs, what is to be rebound, and the number of pages, slots and bytes in use.
    /// Not the flush counter, which asks for a flush more than needed after a failed rebind. Any thread; compare hashes that were taken
    /// while no bind waits for a fence and no other VM changes.
    /// </summary>
    public ulong StateHash()
    {
        using VmContext.LookScope look = Context.Look();
        var hash = new StateHasher();
        for (int vma = Context.Space.NextFrom(0); vma != 0;)
        {
            Vma v = Context.Space.Vmas[vma];
            v.ForgetMarks();
            hash.Add((ulong)vma);
            hash.Add(MemoryMarshal.AsBytes(new ReadOnlySpan<Vma>(in v)));
            if (v.Userptr != 0)
                hash.Add(((ulong)Context.Userptrs.PagesOf(v.Userptr) << 1) | (Context.Userptrs.IsStale(v.Userptr) ? 1UL : 0));
            vma = Context.Space.NextFrom(v.End);
        }

        for (int range = Context.Ranges.FirstOverlap(0, Size); range != 0;)
        {
            ref SvmRange r = ref Context.Ranges[range];
            hash.Add(MemoryMarshal.AsBytes(new ReadOnlySpan<SvmRange>(in r)));
            range = Context.Ranges.FirstOverlap(r.End, Size);
        }

        for (int tile = 0; tile < Context.Tables.Length; tile++)
            VisitTables(ref hash, tile);
        foreach (Memory.BufferObject bo in Context.Evicted.Items)
            hash.Add((ulong)bo.Slot);
        foreach (ulong start in InvalidatedUserptrs)
            hash.Add(start);
        hash.Add((ulong)Context.Userptrs.Count);
        hash.Add((ulong)Context.Space.Vmas.Count);
        hash.Add((ulong)File.Device.TablesInUse);
        foreach (Memory.MemoryRegion region in File.Device.Memory.Regions)
            hash.Add(region.Allocator.UsedBytes);
        return hash.Value;
    }

    private struct StateHasher : ITableVisitor
    {
        private ulong _state = 0x9e3779b97f4a7c15;

        public StateHasher()
        {
        }

        public readonly ulong Value => _state;

        public void Visit(in TableView table)
        {
            Add(table.DeviceAddress);
            Add(table.Va);
            Add(((ulong)table.Level << 32) | (uint)table.Live | (table.IsCompact ? 1UL << 63 : 0));
            Add(MemoryMarshal.AsBytes(table.Entries));
            for (int i = 0; i < table.Entries.Length; i++)
                Add(table.HasChild(i) ? (ulong)i + 1 : 0);
        }

        public void Add(ulong word) => _state = (ulong.RotateLeft(_state, 5) ^ word) * 0x517cc1b727220a95;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
                Add(word);
            for (int i = bytes.Length & ~7; i < bytes.Length; i++)
                Add(bytes[i]);
        }
    }
}
