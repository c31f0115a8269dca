using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;

namespace XePt.Pipeline;

/// <summary>Finds out what a bind of a VMA has to write: which memory, from where, with which leaves (PT-070).</summary>
internal static class BindSources
{
    /// <summary>Source of a whole VMA.</summary>
    /// <param name="clear">Write non-present entries instead (BIND-019).</param>
    public static BindSource ForVma(VmContext vm, int vma, bool clear)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        var source = new BindSource
        {
            Start = v.Start,
            End = v.End,
            Kind = clear ? BindKind.Clear : v.IsNull ? BindKind.Null : BindKind.Memory,
            IsNullVma = v.IsNull,
            VramNeeds64K = vm.Facts.VramNeeds64K,
            AllowCompact = vm.Facts.Platform.HasCompactTables,
        };
        if (clear)
            return source;

        BufferObject? bo = v.HasBo ? vm.Memory.Bos[v.Bo] : null;
        source.Leaves = LeafAttributes.For(vm.Facts, vm.Encoding, v, bo);
        if (bo is not null)
            Attach(ref source, bo.Backing!, v.Offset);
        else if (v.Pinned != 0)
            Attach(ref source, vm.Cpu.BackingOf(v.Pinned, out ulong first), v.Offset - first);
        return source;
    }

    /// <summary>Source of an SVM range inside a mirror VMA.</summary>
    public static BindSource ForRange(VmContext vm, int mirror, ulong start, ulong end, Backing pages)
    {
        var source = new BindSource
        {
            Start = start,
            End = end,
            Kind = BindKind.Memory,
            VramNeeds64K = vm.Facts.VramNeeds64K,
            AllowCompact = vm.Facts.Platform.HasCompactTables,
            Leaves = LeafAttributes.For(vm.Facts, vm.Encoding, vm.Space.Vmas[mirror], bo: null),
        };
        Attach(ref source, pages, 0);
        return source;
    }

    private static void Attach(ref BindSource source, Backing backing, ulong offset)
    {
        source.Cursor = backing.CursorAt(offset);
        source.Offset = offset;
        source.AddressBias = backing.AddressBias;
    }
}
