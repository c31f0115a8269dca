using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;

namespace XePt.Pipeline;

/// <summary>Finds out what a bind of a VMA has to write: which memory, from where, with which leaves (PT-070).</summary>
internal static class BindSources
{
    /// <summary>Source of a whole VMA.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="v">The VMA.</param>
    /// <param name="clear">Write non-present entries instead (BIND-019).</param>
    /// <param name="source">The source.</param>
    /// <returns>How its leaves look; valid until the next call.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref readonly LeafTemplates ForVma(VmContext vm, in Vma v, bool clear, out BindSource source)
    {
        bool isNull = v.IsNull;
        Begin(vm.Facts, v.Start, v.End, clear ? BindKind.Clear : isNull ? BindKind.Null : BindKind.Memory, out source);
        source.IsNullVma = isNull;
        BufferObject? bo = v.HasBo ? vm.Memory.Bos[v.Bo] : null;
        if (clear)
            return ref vm.Leaves.For(v, bo);
        if (bo is not null)
            Attach(ref source, bo.Backing!, v.Offset);
        else if (v.Userptr != 0)
            Attach(ref source, vm.Cpu.BackingOf(vm.Userptrs.PagesOf(v.Userptr), out ulong first), v.Offset - first);
        return ref vm.Leaves.For(v, bo);
    }

    /// <summary>Source of an SVM range inside a mirror VMA: pages of the embedder's, or else those that were collected.</summary>
    public static ref readonly LeafTemplates ForRange(VmContext vm, in Vma mirror, in SvmRange range, Backing? pages, out BindSource source)
    {
        Begin(vm.Facts, range.Start, range.End, BindKind.Memory, out source);
        if (pages is null)
            source.Cursor = range.Pages.CursorAt(0);
        else
            Attach(ref source, pages, 0);
        return ref vm.Leaves.For(mirror, bo: null);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin(VmFacts facts, ulong start, ulong end, BindKind kind, out BindSource source)
    {
        source = default;
        source.Start = start;
        source.End = end;
        source.Kind = kind;
        source.VramNeeds64K = facts.VramNeeds64K;
        source.AllowCompact = facts.HasCompactTables;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Attach(ref BindSource source, Backing backing, ulong offset)
    {
        backing.PutCursor(offset, out source.Cursor);
        source.Offset = offset;
        source.AddressBias = backing.AddressBias;
    }
}
