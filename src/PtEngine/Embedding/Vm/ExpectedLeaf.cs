using XePt.Devices;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt;

/// <summary>What the leaves of a piece must say: memory, PAT index, access, atomics (PT-024, PT-031 to PT-037), worked out here anew and
/// not by what writes them.</summary>
internal sealed class ExpectedLeaf(VmContext vm)
{
    private PlatformInfo Platform => vm.Facts.Platform;

    /// <summary>Compares leaves of consecutive memory with a piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="leaf">The leaf.</param>
    /// <param name="address">Where the memory at <paramref name="start"/> is.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive, inside the piece.</param>
    /// <returns>The first address that is wrong, or <paramref name="end"/>.</returns>
    public ulong FirstWrong(in ExpectedPiece piece, in DecodedPte leaf, ulong address, ulong start, ulong end)
    {
        ref Vma v = ref vm.Space.Vmas[piece.Vma];
        bool isReadOnly = (v.Flags & VmaFlags.ReadOnly) != 0;
        if (leaf.PatIndex != v.Attributes.Pat || leaf.Writable == isReadOnly || leaf.IsNull != IsNull(piece))
            return start;
        if (IsNull(piece))
            return leaf.DeviceMemory || leaf.AtomicEnable ? start : end;

        BackingCursor cursor = CursorAt(piece, start, out ulong offset, out ulong bias);
        for (ulong at = start; at < end;)
        {
            cursor.MoveTo(offset);
            bool isVram = cursor.Kind == SegmentKind.Vram;
            if (bias + cursor.AddressAt(offset) != address + (at - start) || leaf.DeviceMemory != isVram
                || leaf.AtomicEnable != EnablesAtomics(v, isVram))
                return at;
            ulong step = Math.Min(end - at, cursor.LeftAt(offset));
            (at, offset) = (at + step, offset + step);
        }

        return end;
    }

    /// <summary>A NULL leaf that is the same as an entry without mapping in a VM with scratch pages.</summary>
    public bool LooksEmpty(in ExpectedPiece piece)
    {
        ref Vma v = ref vm.Space.Vmas[piece.Vma];
        return IsNull(piece) && (v.Flags & VmaFlags.ReadOnly) == 0 && v.Attributes.Pat == Platform.Pat.IndexWriteBack;
    }

    /// <summary>In words, at an address of the piece.</summary>
    public string Describe(in ExpectedPiece piece, ulong va)
    {
        ref Vma v = ref vm.Space.Vmas[piece.Vma];
        string access = (v.Flags & VmaFlags.ReadOnly) != 0 ? "read-only" : "writable";
        if (IsNull(piece))
            return $"null {access} pat={v.Attributes.Pat}";
        BackingCursor cursor = CursorAt(piece, va, out ulong offset, out ulong bias);
        bool isVram = cursor.Kind == SegmentKind.Vram;
        string what = v.HasBo ? $"bo {v.Bo}" : piece.Range != 0 ? "range" : "userptr";
        return $"0x{bias + cursor.AddressAt(offset):x} of {what} {access} pat={v.Attributes.Pat}"
            + (EnablesAtomics(v, isVram) ? " atomic" : "") + (isVram ? " device" : "");
    }

    private bool IsNull(in ExpectedPiece piece) => piece.Range == 0 && vm.Space.Vmas[piece.Vma].IsNull;

    private BackingCursor CursorAt(in ExpectedPiece piece, ulong va, out ulong offset, out ulong bias)
    {
        (offset, bias) = (va - piece.Start, 0);
        if (piece.Range != 0)
            return vm.Ranges[piece.Range].Pages.CursorAt(offset);
        ref Vma v = ref vm.Space.Vmas[piece.Vma];
        offset += v.Offset;
        if (v.HasBo)
            return AtOf(vm.Memory.Bos[v.Bo].Backing!, offset, out bias);
        Backing pages = vm.Cpu.BackingOf(vm.Userptrs.PagesOf(v.Userptr), out ulong first);
        offset -= first;
        return AtOf(pages, offset, out bias);
    }

    private static BackingCursor AtOf(Backing backing, ulong offset, out ulong bias)
    {
        bias = backing.AddressBias;
        return backing.CursorAt(offset);
    }

    private bool EnablesAtomics(in Vma v, bool isVram)
    {
        if ((v.Flags & VmaFlags.AtomicPte) == 0 || v.Attributes.Atomic == AtomicAccess.Cpu)
            return false;
        if (isVram)
            return true;
        bool isSingle = v.HasBo && vm.Memory.Bos[v.Bo].HasSinglePlacement;
        return Platform.DeviceAtomicsOnSystemMemory
            && (v.Attributes.Atomic == AtomicAccess.Device || !Platform.IsDiscrete || !vm.Facts.IsLongRunning || isSingle);
    }
}
