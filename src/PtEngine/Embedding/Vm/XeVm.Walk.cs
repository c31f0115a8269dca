using XePt.Stage;
using XePt.Walk;

namespace XePt;

// The reader side: any thread, no lock.
public sealed partial class XeVm
{
    /// <summary>Translates one address by walking the tables of a tile. Safe on any thread while binds go on; allocates nothing.
    /// For many addresses a walker is faster (<see cref="OpenWalker"/>).</summary>
    /// <returns>The translation; not present everywhere once the VM is closed.</returns>
    public Translation Translate(ulong va, int tile = 0)
    {
        TileTables tables = TablesOf(tile);
        if (va >= Size)
            return tables.Nothing(va, TranslationStatus.OutOfRange);

        using WalkPin pin = new(_epochs);
        return tables.IsAttached ? tables.Walk.Translate(va) : tables.Nothing(va, TranslationStatus.NotPresent);
    }

    /// <summary>A walker over the tables of a tile, for translating many addresses; for one thread at a time. Dispose it when
    /// done.</summary>
    public XeWalker OpenWalker(int tile = 0) => new(_epochs, TablesOf(tile), Size);

    /// <summary>The entries that a walk for one address reads, from the root down; the last one decides.</summary>
    public IReadOnlyList<WalkStep> TraceWalk(ulong va, int tile = 0)
    {
        TileTables tables = TablesOf(tile);
        using WalkPin pin = File.Device.EnterWalk();
        var memory = new RecordingMemory(new PoolMemory(tables.Pool));
        if (va < Size && tables.TryGetRoot(out ulong root))
            PageWalker.Walk(memory, root, tables.RootLevel, Context.Facts.Platform.FormatId, va);
        return [.. memory.Reads.Select((read, i) => new WalkStep(tables.RootLevel - i, read.Address, read.Entry))];
    }

    /// <summary>The table memory of a tile, for a walker of the embedder's own. Walk under <see cref="XeDevice.EnterWalk"/> when binds may
    /// go on.</summary>
    public IGpuMemory GetTableMemory(int tile = 0) => new PoolMemory(TablesOf(tile).Pool);

    private sealed class RecordingMemory(PoolMemory memory) : IGpuMemory
    {
        public List<(ulong Address, ulong Entry)> Reads { get; } = [];

        public bool TryReadEntry(ulong deviceAddress, out ulong entry)
        {
            bool isRead = memory.TryReadEntry(deviceAddress, out entry);
            Reads.Add((deviceAddress, entry));
            return isRead;
        }
    }
}

/// <summary>One entry that a walk read.</summary>
/// <param name="Level">Level of the table it is in.</param>
/// <param name="EntryAddress">Device address of the entry.</param>
/// <param name="Entry">Its raw value.</param>
public readonly record struct WalkStep(int Level, ulong EntryAddress, ulong Entry)
{
    /// <summary>For example <c>level 2 at 0x3f001018: 0x3f002003</c>.</summary>
    public override string ToString() => $"level {Level} at 0x{EntryAddress:x}: 0x{Entry:x}";
}
