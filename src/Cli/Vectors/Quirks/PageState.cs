using XePt.Cli.Input;
using XePt.Cli.State;
using XePt.Cli.Vectors.Binds;
using XePt.Cli.Vectors.Pages;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Quirks;

/// <summary>What is behind the VMAs of a sequence: BOs and where they are now, CPU memory, bound ranges of mirrors.</summary>
internal sealed class PageState
{
    private readonly PlatformInfo _platform;
    private readonly bool _isLongRunning;
    private readonly Dictionary<uint, BoState> _bos = [];
    private readonly List<CpuMemory> _cpu = [];
    private readonly Dictionary<(ulong Start, ulong End), RangeState> _ranges = [];

    /// <summary>
    /// Addresses whose entries were zeroed and not written since. The list does not always say so: a piece that keeps its entries in a
    /// split does not inherit the mark (BIND-187).
    /// </summary>
    private readonly IntervalSet _zapped = new();
    private readonly IntervalSet _everZapped = new();

    /// <summary>
    /// Entries that still lead to where a BO was, because its VMAs could not be bound again when it moved: VRAM of 64 KiB pages takes no 4
    /// KiB cut (PT-080). The oldest come last, and are right where several are.
    /// </summary>
    private readonly List<StaleEntries> _stale = [];

    public PageState(BindCase sequence)
    {
        _platform = sequence.Config.Platform;
        _isLongRunning = (sequence.VmFlags & VmCreateFlags.LrMode) != 0;
        foreach (BoRecord bo in sequence.Bos)
            _bos.Add(bo.Handle, new BoState(BoPages(bo.Runs, bo.IsVram), bo.IsVram, ulong.PopCount(bo.Placements) == 1));
        foreach (UserptrRecord userptr in sequence.Userptrs)
            _cpu.Add(new CpuMemory(userptr.Base, PageModel.Expand(userptr.Runs)));
    }

    /// <summary>Takes in what a step did to backings, ranges and zapped entries.</summary>
    /// <param name="step">The step.</param>
    /// <param name="vmas">The recorded VMA list after it.</param>
    public void Apply(BindStep step, VmaRecord[] vmas)
    {
        StepInput input = step.Input;
        (ulong, ulong) range = (input.Start, input.End);
        FollowZaps(step, vmas);
        switch (input.Kind)
        {
            case StepKind.Move:
                _stale.RemoveAll(old => old.Bo == input.Bo && step.Output.Error == Errno.Ok);
                if (step.Output.Error != Errno.Ok)
                    _stale.Insert(0, new StaleEntries(input.Bo, _bos[input.Bo], IntervalsOf(input.Bo, vmas)));
                _bos[input.Bo] = _bos[input.Bo] with { Pages = BoPages(input.Runs, input.IsVram), IsVram = input.IsVram };
                break;
            case StepKind.RangeBind when step.Output.Error == Errno.Ok:
                _ranges[range] = new RangeState(
                    PageModel.Expand(input.Runs), AttributesOf(FindAround(input, vmas), input.IsVram, hasOnePlacement: false));
                break;
            case StepKind.RangeZap when _ranges.TryGetValue(range, out RangeState? zapped):
                _everZapped.Add(input.Start, input.End);
                _ranges[range] = zapped with { IsZapped = true };
                break;
            case StepKind.RangeUnbind:
                _ranges.Remove(range);
                break;
        }
    }

    /// <summary>Fills a model with the pages of all VMAs that are bound, and of all ranges.</summary>
    public void Fill(PageModel model, IEnumerable<VmaRecord> vmas)
    {
        model.Clear();
        foreach (VmaRecord vma in vmas)
        {
            if (vma.Present != 0)
                Map(model, vma);
        }

        foreach ((ulong start, ulong end) in _zapped.Intervals)
            model.Zap(start, end);
        foreach (((ulong start, ulong end), RangeState range) in _ranges)
        {
            model.Map(start, end, range.Pages, offset: 0, range.Attributes);
            if (range.IsZapped)
                model.Zap(start, end);
        }
    }

    /// <summary>Whether all of <c>[start, end)</c> was zapped at some time.</summary>
    public bool WasZapped(ulong start, ulong end) => _everZapped.Covers(start, end);

    private void FollowZaps(BindStep step, VmaRecord[] vmas)
    {
        if (step.Output.Error == Errno.Ok)
        {
            foreach (ActionRecord action in step.Output.Actions)
                Follow(action);
        }

        foreach (VmaRecord vma in vmas)
        {
            ulong end = vma.Address + vma.Range;
            if (vma.Invalidated != 0)
            {
                _zapped.Add(vma.Address, end);
                _everZapped.Add(vma.Address, end);
            }
            else if (step.Input.Kind == StepKind.Fault && step.Output.Update is not null && step.Input.Start - vma.Address < vma.Range)
                _zapped.Remove(vma.Address, end);
        }
    }

    private void Follow(ActionRecord action)
    {
        (ulong start, ulong range) = action is RemapRecord remap
            ? (remap.UnbindAddress, remap.UnbindRange) : (action.Address, action.Range);
        _zapped.Remove(start, start + range);
        foreach (StaleEntries old in _stale)
            old.Where.Remove(start, start + range);
        if (action is MapRecord map && (map.Flags & VmaLetters.Mirror) == 0)
            DropRanges(start, start + range);
    }

    /// <summary>A mirror goes with its ranges still bound when one call maps another mirror over it and something else over that.</summary>
    private void DropRanges(ulong start, ulong end)
    {
        foreach ((ulong Start, ulong End) range in _ranges.Keys.Where(range => range.Start < end && range.End > start).ToArray())
            _ranges.Remove(range);
    }

    private static IntervalSet IntervalsOf(uint bo, VmaRecord[] vmas)
    {
        var intervals = new IntervalSet();
        foreach (VmaRecord vma in vmas.Where(vma => vma.Bo == bo))
            intervals.Add(vma.Address, vma.Address + vma.Range);
        return intervals;
    }

    private static VmaRecord FindAround(StepInput range, VmaRecord[] vmas)
    {
        int index = Array.FindIndex(vmas, vma => vma.Address <= range.Start && range.End - vma.Address <= vma.Range);
        return index >= 0 ? vmas[index] : throw new MalformedRecordException("a range was bound outside of all VMAs");
    }

    private void Map(PageModel model, in VmaRecord vma)
    {
        ulong end = vma.Address + vma.Range;
        if ((vma.Flags & VmaLetters.Null) != 0)
            model.MapNull(vma.Address, end, AttributesOf(vma, isVram: false, hasOnePlacement: false));
        else if (vma.Bo != 0)
            Map(model, vma, end, _bos[vma.Bo]);
        else
            Map(model, vma, end);
        if (vma.Invalidated != 0)
            model.Zap(vma.Address, end);
    }

    private void Map(PageModel model, in VmaRecord vma, ulong end, BoState bo)
    {
        model.Map(vma.Address, end, bo.Pages, vma.Offset, AttributesOf(vma, bo.IsVram, bo.HasOnePlacement));
        foreach (StaleEntries old in _stale)
        {
            foreach ((ulong from, ulong to) in old.Where.Intervals)
            {
                (ulong start, ulong stop) = (Math.Max(from, vma.Address), Math.Min(to, end));
                if (old.Bo == vma.Bo && start < stop)
                    model.Map(start, stop, old.State.Pages, vma.Offset + (start - vma.Address),
                        AttributesOf(vma, old.State.IsVram, bo.HasOnePlacement));
            }
        }
    }

    private void Map(PageModel model, in VmaRecord vma, ulong end)
    {
        ulong cpuAddress = vma.Offset;
        CpuMemory memory = _cpu.Find(cpu => cpu.Contains(cpuAddress))
            ?? throw new MalformedRecordException($"a userptr VMA of memory that is not declared: {vma}");
        model.Map(vma.Address, end, memory.Pages, cpuAddress - memory.Base, AttributesOf(vma, isVram: false, hasOnePlacement: false));
    }

    private PageAttributes AttributesOf(in VmaRecord vma, bool isVram, bool hasOnePlacement)
    {
        bool isNull = (vma.Flags & VmaLetters.Null) != 0;
        return new PageAttributes
        {
            Pat = vma.Pat,
            IsReadOnly = (vma.Flags & VmaLetters.ReadOnly) != 0,
            IsNull = isNull,
            IsVram = isVram,
            HasAtomics = !isNull && _platform.HasAtomicEnableBit && (isVram || AllowsSystemAtomics(hasOnePlacement)),
        };
    }

    /// <summary>PT-036, for VMAs without an atomic attribute.</summary>
    private bool AllowsSystemAtomics(bool hasOnePlacement) =>
        _platform.DeviceAtomicsOnSystemMemory && (!_platform.IsDiscrete || !_isLongRunning || hasOnePlacement);

    private ulong[] BoPages(PhysicalRun[] runs, bool isVram) => PageModel.Expand(runs, isVram ? _platform.VramDpaBase[0] : 0);

    private sealed record BoState(ulong[] Pages, bool IsVram, bool HasOnePlacement);

    private sealed record StaleEntries(uint Bo, BoState State, IntervalSet Where);

    private sealed record CpuMemory(ulong Base, ulong[] Pages)
    {
        public bool Contains(ulong address) => address >= Base && address - Base < (ulong)Pages.Length * PageModel.PageSize;
    }

    private sealed record RangeState(ulong[] Pages, PageAttributes Attributes, bool IsZapped = false);
}
