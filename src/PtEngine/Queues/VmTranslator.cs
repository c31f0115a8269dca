using XePt.Epochs;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Walk;

namespace XePt.Queues;

/// <summary>The address space of a VM as the engines of one tile see it. Any thread; a VM that is gone translates nothing.</summary>
internal sealed unsafe class VmTranslator(VmContext vm, EpochDomain epochs, int tile)
{
    /// <summary>The VM is closed, and what is left of it goes away once nothing of it is in flight.</summary>
    public bool IsClosed => vm.IsClosed;

    public Translation Translate(ulong va)
    {
        if (va >= vm.Facts.Platform.VmSize)
            return new Translation(
                TranslationStatus.OutOfRange, (byte)vm.Facts.Platform.RootLevel, false, vm.Facts.Platform.FormatId, va, 0);

        // SAFETY: the entry is given back on the same path, after the walk.
        long* pin = epochs.Enter();
        TileTables tables = vm.Tables[tile];
        Translation translation = PageWalker.Walk(
            new PoolMemory(tables.Pool), tables.RootAddress, tables.RootLevel, vm.Facts.Platform.FormatId, va);
        epochs.Exit(pin);
        return translation;
    }
}
