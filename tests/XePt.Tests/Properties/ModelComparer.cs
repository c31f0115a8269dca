using XePt.Devices;
using XePt.Tests.Kit;

namespace XePt.Tests.Properties;

/// <summary>Compares a VM with the page model: its VMA list, and for every page touched so far what a walk over the raw bytes
/// finds.</summary>
internal sealed class ModelComparer(
    ModelSetting setting, XeVm vm, XeBo[] bos, PhysicalPieces cpuPieces, ulong cpuStart)
{
    /// <summary>What the entry above a level-0 table covers.</summary>
    private const ulong CompactTableBytes = 2ul << 20;

    private PhysicalPieces[] _pieces = [];
    private VmaInfo[] _vmas = [];
    private HashSet<(int Tile, int Level, ulong Va)>? _cutOff;
    private HashSet<(int Tile, ulong Va)>? _mixedUp;

    /// <summary>Units that any op has named so far, and the two behind the ends of the window.</summary>
    public HashSet<int> Touched { get; } = [-1, 0, ModelSetting.WindowUnits - 1];

    public void Compare(VmModel model)
    {
        _cutOff = null;
        _mixedUp = null;
        _pieces = [.. bos.Select(bo => new PhysicalPieces(bo.Segments))];
        CompareVmas(model);
        foreach (int unit in Touched)
        {
            for (int tile = 0; tile < setting.Platform.TileCount; tile++)
                CompareUnit(model[unit], unit, tile);
        }
    }

    /// <summary>Every VMA that is no mirror, exactly; mirrors by the pages they cover, because they merge.</summary>
    private void CompareVmas(VmModel model)
    {
        _vmas = [.. vm.GetVmas()];
        Assert.Equal(
            model.Runs().Where(run => run.Page.Kind != PageKind.Mirror).Select(run => (
                VaOf(run.First), VaOf(run.Last + 1), run.Page.Kind.ToString(), run.Page.Bo < 0 ? 0 : bos[run.Page.Bo].Number,
                run.Page.Kind == PageKind.Userptr ? cpuStart + run.Page.Offset : run.Page.Offset, run.Page.Pat, run.Page.IsReadOnly)),
            _vmas.Where(vma => vma.Kind != VmaKind.Mirror).Select(vma => (
                vma.Range.Start, vma.Range.End, vma.Kind.ToString(), vma.BoNumber, vma.Offset, vma.PatIndex, vma.IsReadOnly)));
        ulong mirrorUnits = (ulong)model.Runs().Where(run => run.Page.Kind == PageKind.Mirror).Sum(run => run.Last - run.First + 1);
        ulong mirrorBytes = _vmas.Where(vma => vma.Kind == VmaKind.Mirror).Aggregate(0ul, (sum, vma) => sum + (vma.Range.Size));
        Assert.Equal(mirrorUnits * setting.Unit, mirrorBytes);
    }

    /// <summary>A unit is one page, or of a large one the first, the last and one in between.</summary>
    private void CompareUnit(ModelPage? page, int unit, int tile)
    {
        ulong va = VaOf(unit);
        if (va >= vm.Size)
            return;
        ComparePage(page, va, 0, tile);
        if (setting.IsSmallUnit)
            return;
        ComparePage(page, va, 0x5_3000, tile);
        ComparePage(page, va, setting.Unit - 0x1000, tile);
    }

    private void ComparePage(ModelPage? page, ulong unitVa, ulong inside, int tile)
    {
        ulong va = unitVa + inside;
        WalkEnd walk = ByteWalker.Walk(vm, va, tile);
        Translation translation = vm.Translate(va, tile);
        Check(translation.Entry == walk.Entry && translation.Level == walk.Level, "Translate and the test's walker differ", va, walk);
        Check(translation.Status != TranslationStatus.Mapped || translation.Address == walk.Address, "addresses differ", va, walk);
        if (IsMixedUp(va, tile) || (page is { IsBound: true } && !walk.IsPresent && IsCutOff(va, walk.Level, tile)))
            return;
        if (page is not null and not { Kind: PageKind.Mirror })
            CompareMarks(va, walk, tile);
        switch (page?.Kind)
        {
            case null:
            case PageKind.Mirror:
                Check(IsEmpty(walk, tile), "nothing is mapped here", va, walk);
                return;
            case PageKind.Null:
                Check(IsNull(walk, page.Value), "a NULL page", va, walk);
                return;
            default:
                (ulong address, bool isVram, bool hasAtomics) = PlaceOf(page.Value, inside);
                Check(IsMemory(walk, page.Value, address, isVram, hasAtomics), "the page's memory", va, walk, address);
                return;
        }
    }

    /// <summary>A page that translates belongs to a VMA marked valid; one that does not was zeroed, and its VMA is marked so, unless the
    /// zap was of another VMA in the same table.</summary>
    private void CompareMarks(ulong va, WalkEnd walk, int tile)
    {
        VmaInfo vma = Array.Find(_vmas, vma => vma.Range.Start <= va && va < vma.Range.End);
        bool isValid = ((vma.TilePresent & ~vma.TileInvalidated) >> tile) % 2 != 0;
        if (walk.IsPresent)
            Check(isValid, "a present page of a valid VMA", va, walk);
        else
            Check(walk.Entry == 0 && (!isValid || vm.Counters.ZapInvalidations > 0), "zero, and the VMA marked so", va, walk);
    }

    /// <summary>Scratch where there is scratch. Entries that only invalidate may outlive their VMA in a fault VM (Q-02 of specification
    /// 03).</summary>
    private bool IsEmpty(WalkEnd walk, int tile)
    {
        bool isScratch = walk.Entry == vm.EmptyEntry(walk.Level, tile);
        return vm.HasScratch ? isScratch || (setting.IsFaultMode && !walk.IsPresent) : !walk.IsPresent;
    }

    /// <summary>In a fault VM a zap clears the entry above a table and keeps the table (PT-114). What is bound into that table afterwards,
    /// next to the rest of the zapped VMA, cannot be reached until the entry is rewritten; the reference's vectors show it.</summary>
    private bool IsCutOff(ulong va, int level, int tile)
    {
        if (!setting.IsFaultMode || level == 0)
            return false;
        _cutOff ??= [.. Enumerable.Range(0, setting.Platform.TileCount).SelectMany(CutOffTables)];
        ulong entryBytes = 1ul << (12 + (9 * level));
        return _cutOff.Contains((tile, level, va & ~(entryBytes - 1)));
    }

    private IEnumerable<(int Tile, int Level, ulong Va)> CutOffTables(int tile) =>
        from table in TableCopy.All(vm, tile)
        from index in Enumerable.Range(0, table.Entries.Length)
        where table.HasChild[index] && table.Entries[index] == 0
        select (tile, table.Level, table.VaOf(index));

    /// <summary>In a fault VM with scratch pages, clearing a NULL VMA makes compact tables and a split can leave them behind. A partial
    /// bind then writes its 4 KiB entries there as into a normal table, as the reference's vectors show, and walkers take them for other
    /// pages of the 2 MiB. Such a table counts more live entries than it has.</summary>
    private bool IsMixedUp(ulong va, int tile)
    {
        if (!setting.IsFaultMode || !vm.HasScratch)
            return false;
        _mixedUp ??= [.. Enumerable.Range(0, setting.Platform.TileCount).SelectMany(MixedUpTables)];
        return _mixedUp.Contains((tile, va & ~(CompactTableBytes - 1)));
    }

    private IEnumerable<(int Tile, ulong Va)> MixedUpTables(int tile) =>
        TableCopy.All(vm, tile).Where(table => table.IsCompact && table.Live > table.Entries.Length).Select(table => (tile, table.Va));

    private static bool IsNull(WalkEnd walk, ModelPage page) =>
        MayFault(walk, page)
        || (walk.IsPresent && walk.Has(EntryBits.Null) && !walk.Has(EntryBits.DeviceMemory) && !walk.Has(EntryBits.AtomicEnable)
            && walk.Pat == page.Pat && walk.Has(EntryBits.Writable) == !page.IsReadOnly);

    private static bool IsMemory(WalkEnd walk, ModelPage page, ulong address, bool isVram, bool hasAtomics) =>
        MayFault(walk, page)
        || (walk.IsPresent && !walk.Has(EntryBits.Null) && walk.Address == address && walk.Has(EntryBits.DeviceMemory) == isVram
            && walk.Has(EntryBits.AtomicEnable) == hasAtomics && walk.Pat == page.Pat && walk.Has(EntryBits.Writable) == !page.IsReadOnly);

    private static bool MayFault(WalkEnd walk, ModelPage page) => !page.IsBound && !walk.IsPresent;

    private (ulong Address, bool IsVram, bool HasAtomics) PlaceOf(ModelPage page, ulong inside)
    {
        PlatformInfo platform = setting.Platform;
        XeBo? bo = page.Bo < 0 ? null : bos[page.Bo];
        int region = bo?.Region ?? 0;
        ulong address = (bo is null ? cpuPieces : _pieces[page.Bo]).AddressAt(page.Offset + inside);
        bool onSystem = platform.DeviceAtomicsOnSystemMemory
            && (!platform.IsDiscrete || !setting.IsLongRunning || (bo is not null && ulong.IsPow2(bo.Placements)));
        return (
            address + (region > 0 ? platform.VramDpaBase[region - 1] : 0), region > 0,
            platform.HasAtomicEnableBit && (region > 0 || onSystem));
    }

    private ulong VaOf(int unit) => setting.Base + (unchecked((ulong)unit) * setting.Unit);

    // The text is made only when it is needed: millions of pages are compared.
    private void Check(bool holds, string expected, ulong va, WalkEnd walk, ulong? address = null)
    {
        if (holds)
            return;
        string where = address is null ? "" : $" at 0x{address:x}";
        Assert.Fail(
            $"{setting.Platform.Name} flags {setting.VmFlags}: at 0x{va:x} {expected}{where}, but the walk ends with 0x{walk.Entry:x} at " +
            $"level {walk.Level}");
    }
}
