using XePt.Pipeline;
using XePt.Stage;
using XePt.Uapi.Formats;

namespace XePt.Svm;

/// <summary>What a fault finds at its address. Marks of a VMA or range say that a mapping is valid, not that it lets the access pass: it
/// may have been made for a mirror that was read-only, or with other attributes, or be a piece of a VMA that was zapped before it was cut.
/// To answer such a fault without doing anything would have the GPU raise it for ever.</summary>
internal static class FaultedEntry
{
    /// <summary>The entry lets an access pass. The caller is inside the VM, so no table goes meanwhile.</summary>
    public static bool LetsPass(VmContext vm, int tile, ulong va, GpuAccessKind access)
    {
        TileTables tables = vm.Tables[tile];
        if (!tables.IsAttached)
            return false;
        Translation where = tables.Walk.Translate(va);
        if (access == GpuAccessKind.Read || !where.IsPresent)
            return where.IsPresent;
        bool needsEnable = access == GpuAccessKind.Atomic && vm.Facts.Platform.HasAtomicEnableBit && where.Status != TranslationStatus.Null;
        return where.IsWritable && (!needsEnable || (where.Entry & PteFormats.AtomicEnable) != 0);
    }
}
