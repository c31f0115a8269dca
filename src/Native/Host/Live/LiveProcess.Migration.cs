using XePt.Host;
using XePt.Uapi;

namespace XePt.Native;

// Migrations to devices and back. Only names change: bytes stay where they are. A collected page stays in its entry, locked; what is not
// found again is left out.
internal sealed partial class LiveProcess
{
    // Numbers begin at 1.
    private readonly List<LiveBlock> _blocks = [new LiveBlock()];
    private readonly Stack<LiveBlock> _spare = [];
    private readonly List<DeviceBlock> _released = [];
    private int _lastMigration;

    /// <inheritdoc/>
    public Errno Collect(CpuMigration migration, AddressRange range, in CpuCollectKinds kinds)
    {
        if (!TryFindVma(range.Start, out CpuVma vma) || vma.Range.End < range.End)
            return Errno.EINVAL;
        _gate.Enter();
        migration.Begin(range, ++_lastMigration);
        ChangeInFlight change = Announce(CpuChangeKind.Migrate, range.Start, range.End);
        Exit();
        if (TryFindVma(range.Start, out vma) && vma.Kind == CpuVmaKind.Anonymous)
            CollectPages(migration, new AddressRange(range.Start, Math.Min(range.End, vma.Range.End)), vma, kinds);
        _gate.Enter();
        _subscribers.End(change);
        Exit();
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public Errno CollectBlock(CpuMigration migration, DeviceBlock block)
    {
        _gate.Enter();
        migration.Begin(default, ++_lastMigration);
        for (int page = 0; page < block.Pages && block.HostState is LiveBlock known; page++)
        {
            ulong address = known.AddressOf(page);
            if (!IsAt(known, page, address))
                continue;
            ChangeInFlight change = Announce(CpuChangeKind.Clear, address, address + PageBytes);
            if (ReferenceEquals(block.HostState, known) && IsAt(known, page, address))
                CollectPage(migration, address, isPresent: true, default, CpuCollectKinds.OfBlock(block));
            _subscribers.End(change);
        }

        Exit();
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public Errno PrepareFrames(CpuMigration migration)
    {
        bool isTaken = true;
        _gate.Enter();
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            isTaken = _pages.TryTakeFrame(page.Address, out long frame);
            if (!isTaken)
                break;
            migration.Frames.Add(CpuPageRun.System(page.Address, 1, _frames.AddressOf(frame), 0, isWritable: true));
        }

        if (!isTaken)
            DropFrames(migration);
        Exit();
        return isTaken ? Errno.Ok : Errno.ENOMEM;
    }

    /// <inheritdoc/>
    public void InstallFrames(CpuMigration migration)
    {
        _gate.Enter();
        PagesOfRuns frames = migration.Frames.EachPage;
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            frames.MoveNext();
            long frame = _frames.NumberOf(frames.Current.Frame);
            if (!TryInstall(migration, page, PageEntry.System(frame, isWritable: true)))
                _frames.Retire(frame);
        }

        End(migration);
        Exit();
    }

    /// <inheritdoc/>
    public Errno InstallBlock(CpuMigration migration, DeviceBlock block, int firstPage)
    {
        _gate.Enter();
        LiveBlock known = Use(block, migration.Range.Start - ((ulong)firstPage << PageShift));
        ChangeInFlight? change = migration.FirstEmpty is { } empty ? Announce(CpuChangeKind.Migrate, empty, migration.Range.End) : null;
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            int place = firstPage + (int)((page.Address - migration.Range.Start) >> PageShift);
            if (TryInstall(migration, page, PageEntry.Device(known.Number, place, isWritable: true)))
                known.References++;
        }

        if (change is not null)
            _subscribers.End(change);
        Release(known);
        End(migration);
        Exit();
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public void Restore(CpuMigration migration)
    {
        _gate.Enter();
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            if (IsStillCollected(migration, page, out PageEntry entry))
                _pages.Set(page.Address, entry.State == PageState.Held ? default : entry.WithLocked(false));
        }

        DropFrames(migration);
        End(migration);
        Exit();
    }

    private void CollectPages(CpuMigration migration, AddressRange range, in CpuVma vma, in CpuCollectKinds kinds)
    {
        Span<bool> isPresent = stackalloc bool[LiveFrames.ChunkPages];
        for (AddressRange part = default; LiveMaps.TryLookOn(range, ref part, isPresent);)
        {
            _gate.Enter();
            for (ulong at = part.Start; at < part.End; at += PageBytes)
                CollectPage(migration, at, isPresent[(int)((at - part.Start) >> PageShift)], vma, kinds);
            Exit();
        }
    }

    private void CollectPage(CpuMigration migration, ulong address, bool isPresent, in CpuVma vma, in CpuCollectKinds kinds)
    {
        PageEntry entry = _pages[address];
        if (entry.IsLocked)
            return;
        if (entry.State == PageState.None && isPresent && !(kinds.TakesSystem && _pages.TryNeed(address, out entry)))
            return;
        if (!IsWanted(entry, kinds))
            return;
        if (entry.State == PageState.Device)
            _blocks[entry.Block].References++;
        migration.Sources.Add(entry.State == PageState.None ? CpuPageRun.Absent(address, 1) : RunOf(address, entry, vma));
        _pages.Set(address, entry.State == PageState.None ? PageEntry.Held(migration.HostNumber) : entry.WithLocked(true));
    }

    private bool IsWanted(PageEntry entry, in CpuCollectKinds kinds) => entry.State switch
    {
        PageState.None => kinds.TakesAbsent,
        PageState.System => kinds.TakesSystem,
        _ => ReferenceEquals(kinds.Block, _blocks[entry.Block].Block) || IsOwn(entry, kinds.Owner),
    };

    private bool IsAt(LiveBlock block, int page, ulong address) =>
        _pages[address] is { State: PageState.Device } entry && entry.Block == block.Number && entry.Page == page;

    private bool TryInstall(CpuMigration migration, in CpuPageRun source, PageEntry made)
    {
        if (!IsStillCollected(migration, source, out _))
            return false;
        Replace(source.Address, made);
        return true;
    }

    private bool IsStillCollected(CpuMigration migration, in CpuPageRun source, out PageEntry entry)
    {
        entry = _pages[source.Address];
        return entry.IsLocked && source.Kind switch
        {
            CpuPageKind.Absent => entry.IsSamePage(PageEntry.Held(migration.HostNumber)),
            CpuPageKind.Device => entry.State == PageState.Device && entry.Page == source.FirstPage
                && ReferenceEquals(_blocks[entry.Block].Block, source.Block),
            _ => entry.State == PageState.System && _frames.AddressOf(entry.Frame) == source.Frame,
        };
    }

    /// <summary>Puts something else in a page's place, and lets go of what was there.</summary>
    private void Replace(ulong address, PageEntry made)
    {
        PageEntry before = _pages[address];
        _pages.Set(address, made);
        if (before.State == PageState.Device)
            Release(_blocks[before.Block]);
    }

    private void DropFrames(CpuMigration migration)
    {
        foreach (CpuPageRun page in migration.Frames.EachPage)
            _frames.Retire(_frames.NumberOf(page.Frame));

        migration.Frames.Clear();
    }

    private void End(CpuMigration migration)
    {
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            if (page.Kind == CpuPageKind.Device)
                Release((LiveBlock)page.Block!.HostState!);
        }

        migration.HostNumber = 0;
    }

    private LiveBlock Use(DeviceBlock block, ulong place)
    {
        if (block.HostState is not LiveBlock known)
        {
            if (!_spare.TryPop(out known!))
            {
                known = new LiveBlock { Number = _blocks.Count };
                _blocks.Add(known);
            }

            known.Begin(block, place);
        }

        known.References++;
        return known;
    }

    private void Release(LiveBlock block)
    {
        if (--block.References > 0)
            return;
        _released.Add(block.Block!);
        block.End();
        _spare.Push(block);
    }

    /// <summary>Leaves the gate, and tells blocks that they have lost their last page.</summary>
    private void Exit()
    {
        if (_released.Count == 0)
        {
            _gate.Exit();
            return;
        }

        DeviceBlock[] released = [.. _released];
        _released.Clear();
        _gate.Exit();
        foreach (DeviceBlock block in released)
            block.Released();
    }
}
