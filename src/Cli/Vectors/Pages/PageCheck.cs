using XePt.Cli.State;
using XePt.Devices;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors.Pages;

/// <summary>
/// Compares what the page tables of a VM say, read entry by entry from the raw bytes, with a <see cref="PageModel"/>: mapped pages
/// translate as the model says, all others are empty, zapped ones fault.
/// </summary>
internal sealed class PageCheck
{
    private readonly XeVm _vm;
    private readonly PageModel _model;
    private readonly PlatformInfo _platform;
    private readonly IGpuMemory _memory;
    private readonly IntervalSet _mixed;
    private int _mapped;
    private int _zapped;

    private PageCheck(XeVm vm, PageModel model)
    {
        (_vm, _model, _platform) = (vm, model, vm.File.Device.Platform);
        _memory = vm.GetTableMemory();
        _mixed = ClearsOnBind ? MixedTables.In(vm) : new IntervalSet();
    }

    /// <summary>
    /// A fault-mode VM with scratch pages zeroes the entries of a mapping that is not bound yet, counts them, and counts them again when
    /// they are bound; its tables outlive the mapping.
    /// </summary>
    private bool ClearsOnBind => _vm.HasScratch && _vm.Mode == Uapi.VmMode.Fault;

    /// <summary>The first difference, or null.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="model">What its tables must say.</param>
    public static Difference? Compare(XeVm vm, PageModel model)
    {
        var check = new PageCheck(vm, model);
        return check.CompareTable(vm.RootAddress(), check._platform.RootLevel, isCompact: false, va: 0)
            ?? check.FindMissing()
            ?? LiveCounts.Compare(vm, model, mayExceed: check.ClearsOnBind);
    }

    private Difference? CompareTable(ulong table, int level, bool isCompact, ulong va)
    {
        if (isCompact && _mixed.Contains(va))
            return null;

        ulong empty = _vm.EmptyEntry(level);
        int shift = isCompact ? 16 : 12 + (9 * level);
        int count = isCompact ? 32 : 512;
        for (int i = 0; i < count; i++)
        {
            ulong start = va + ((ulong)i << shift);
            if (!_memory.TryReadEntry(table + ((ulong)i * sizeof(ulong)), out ulong entry))
                return new Difference("table", "readable", $"none at 0x{table:x}") { Va = va, Level = level };
            if (entry != empty && CompareEntry(entry, level, isCompact, start, 1UL << shift) is { } difference)
                return difference;
        }

        return null;
    }

    private Difference? CompareEntry(ulong entry, int level, bool isCompact, ulong va, ulong size)
    {
        DecodedPte decoded = PteFormats.Decode(_platform.FormatId, level, isCompact, entry);
        if (!decoded.Present)
            return CompareAbsent(decoded, va, size);
        return decoded.IsLeaf ? CompareLeaf(decoded, va, size) : CompareTable(decoded.Address, level - 1, decoded.IsCompactPde, va);
    }

    private Difference? CompareAbsent(in DecodedPte entry, ulong va, ulong size)
    {
        for (ulong page = va; page < va + size; page += PageModel.PageSize)
        {
            PageMapping? expected = _model.Find(page);
            if (expected is { IsZapped: true })
                _zapped++;
            else if (expected is not null || !ClearsOnBind)
                return DifferenceAt(page, expected, entry);
        }

        return null;
    }

    private Difference? CompareLeaf(in DecodedPte entry, ulong va, ulong size)
    {
        var attributes = new PageAttributes
        {
            Pat = (int)entry.PatIndex,
            IsReadOnly = !entry.Writable,
            IsNull = entry.IsNull,
            IsVram = entry.DeviceMemory,
            HasAtomics = entry.AtomicEnable,
        };
        for (ulong inside = 0; inside < size; inside += PageModel.PageSize)
        {
            PageMapping? expected = _model.Find(va + inside);
            var found = new PageMapping(entry.IsNull ? 0 : entry.Address + inside, attributes);
            if (found != expected || entry.UnexpectedBits != 0 || !MayHint64K(entry, va, found))
                return DifferenceAt(va + inside, expected, entry);
            if (!LooksEmpty(found))
                _mapped++;
        }

        return null;
    }

    /// <summary>An entry with the 64 KiB hint stands for the whole aligned 64 KiB, so the pages beside it must continue it.</summary>
    private bool MayHint64K(in DecodedPte entry, ulong va, in PageMapping page)
    {
        const ulong Inside = 0xffff;
        if (!entry.Ps64)
            return true;
        PageMapping? first = _model.Find(va & ~Inside);
        PageMapping? last = _model.Find(va | Inside);
        ulong start = entry.IsNull ? 0 : page.Address - (va & Inside);
        return (start & Inside) == 0
            && first == page with { Address = start }
            && last == page with { Address = entry.IsNull ? 0 : start + (Inside & ~(PageModel.PageSize - 1)) };
    }

    /// <summary>A null mapping can look like the scratch entry of an empty page; its pages cannot be told from empty ones.</summary>
    private bool LooksEmpty(in PageMapping page) => _vm.HasScratch && page.Attributes is { IsNull: true, IsReadOnly: false }
        && page.Attributes.Pat == (int)_platform.Pat.IndexWriteBack;

    private Difference? FindMissing()
    {
        (int mapped, int zapped) = CountPages();
        if (_mapped == mapped && _zapped == zapped)
            return null;
        foreach ((ulong va, PageMapping page) in _model.Pages.Where(pair => !_mixed.Contains(pair.Key)).OrderBy(pair => pair.Key))
        {
            Translation found = _vm.Translate(va);
            bool isRight = page.IsZapped ? !found.IsPresent : LooksEmpty(page) || found.Entry != _vm.EmptyEntry(found.Level);
            if (!isRight)
                return DifferenceAt(va, page, found.Decode());
        }

        return new Difference("pages", $"{mapped} mapped, {zapped} zapped", $"{_mapped} mapped, {_zapped} zapped");
    }

    // Goes through all pages after every step of a sequence: one pass, and nothing between it and the dictionary.
    private (int Mapped, int Zapped) CountPages()
    {
        int mapped = 0, zapped = 0;
        bool hasScratch = _vm.HasScratch, hasMixed = _mixed.Intervals.Count > 0;
        foreach ((ulong va, PageMapping page) in _model.Pages)
        {
            if (hasMixed && _mixed.Contains(va))
                continue;
            if (page.IsZapped)
                zapped += hasScratch ? 1 : 0;
            else if (!hasScratch || !LooksEmpty(page))
                mapped++;
        }

        return (mapped, zapped);
    }

    private Difference DifferenceAt(ulong va, PageMapping? expected, in DecodedPte found) => new(
        "page",
        expected?.ToString() ?? "empty",
        PteFormats.Describe(_platform.FormatId, found.Level, found.Kind == PteEntryKind.Leaf64K, found.Raw))
    {
        Va = va,
        Level = found.Level,
    };
}
