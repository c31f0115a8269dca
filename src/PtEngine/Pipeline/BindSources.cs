using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;

namespace XePt.Pipeline;

/// <summary>Finds out what a bind of a VMA has to write: which memory, from where, with which leaves (PT-070).</summary>
internal static class BindSources
{
    /// <summary>Source of a whole VMA.</summary>
    /// <param name="clear">Write non-present entries instead (BIND-019).</param>
    public static void ForVma(VmContext vm, int vma, bool clear, out BindSource source)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        Begin(vm, v.Start, v.End, clear ? BindKind.Clear : v.IsNull ? BindKind.Null : BindKind.Memory, out source);
        source.IsNullVma = v.IsNull;
        if (clear)
            return;

        BufferObject? bo = v.HasBo ? vm.Memory.Bos[v.Bo] : null;
        LeafAttributes.For(vm.Facts, vm.Encoding, v, bo, out source.Leaves);
        if (bo is not null)
            Attach(ref source, bo.Backing!, v.Offset);
        else if (v.Userptr != 0)
            Attach(ref source, vm.Cpu.BackingOf(vm.Userptrs.PagesOf(v.Userptr), out ulong first), v.Offset - first);
    }

    /// <summary>Source of an SVM range inside a mirror VMA.</summary>
    public static void ForRange(VmContext vm, int mirror, ulong start, ulong end, Backing pages, out BindSource source)
    {
        Begin(vm, start, end, BindKind.Memory, out source);
        LeafAttributes.For(vm.Facts, vm.Encoding, vm.Space.Vmas[mirror], bo: null, out source.Leaves);
        Attach(ref source, pages, 0);
    }

    private static void Begin(VmContext vm, ulong start, ulong end, BindKind kind, out BindSource source)
    {
        source = default;
        source.Start = start;
        source.End = end;
        source.Kind = kind;
        source.VramNeeds64K = vm.Facts.VramNeeds64K;
        source.AllowCompact = vm.Facts.Platform.HasCompactTables;
    }

    private static void Attach(ref BindSource source, Backing backing, ulong offset)
    {
        source.Cursor = backing.CursorAt(offset);
        source.Offset = offset;
        source.AddressBias = backing.AddressBias;
    }
}
