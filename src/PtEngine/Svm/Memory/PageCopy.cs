using XePt.Diagnostics;
using XePt.Fences;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Copies what a migration has collected, in jobs of contiguous device memory of at most 8 MiB (SVM-079, CFG-010), and counts it
/// before it is copied (SVM-080, VEC-04).</summary>
internal ref struct PageCopy
{
    private const int MostPages = 2048;

    // Taken by the copy that is going on: an engine may, in the middle of it, touch other device pages.
    [ThreadStatic]
    private static ulong[]? t_pages;

    private readonly MirrorDevice _device;
    private readonly ulong[] _pages;
    private readonly long _begun;
    private readonly ulong _size;

    // Receives the copies that are not over yet; null when each is waited for.
    private readonly FenceSet? _copies;
    private int _count;
    private Pagemap? _map;
    private ulong _address;
    private CopyDirection _direction;
    private IFrameMemory? _other;
    private Errno _error;
    private bool _hasCopied;
    private Pagemap? _first;

    private PageCopy(MirrorDevice device, ulong size, FenceSet? copies = null)
    {
        (_device, _size, _copies) = (device, size, copies);
        _begun = device.Clock.Now;
        _pages = t_pages ?? new ulong[MostPages];
        t_pages = null;
    }

    /// <summary>Copies collected pages into a block: system pages by the block's tile, pages of other tiles by theirs.</summary>
    /// <param name="device">The device.</param>
    /// <param name="frames">System memory.</param>
    /// <param name="migration">What was collected.</param>
    /// <param name="block">Where to.</param>
    /// <param name="copies">Receives the copies that are not over yet; null when all are to be over.</param>
    public static Errno IntoBlock(
        MirrorDevice device, IFrameMemory frames, CpuMigration migration, SvmBlock block, FenceSet? copies)
    {
        var copy = new PageCopy(device, block.Size, copies);
        foreach (ref readonly CpuPageRun run in migration.Sources.Runs)
        {
            ulong target = block.Address + (run.Address - migration.Range.Start);
            for (int i = 0; i < run.Pages && run.Kind != CpuPageKind.Absent; i++)
            {
                ulong page = (ulong)i << 12;
                if (run.Kind == CpuPageKind.System)
                    copy.Add(CopyDirection.ToDevice, block.Pagemap, target + page, frames, run.Frame + page);
                else if (run.Block is SvmBlock source)
                    copy.Add(CopyDirection.FromDevice, source.Pagemap, AddressOf(source, run, i), block.Pagemap.Bytes, target + page);
            }

            if (run.Kind == CpuPageKind.Absent)
                copy.Flush();
        }

        return copy.End();
    }

    /// <summary>Copies collected device pages into the frames that take their place.</summary>
    public static Errno FromDevice(MirrorDevice device, IFrameMemory frames, CpuMigration migration)
    {
        var copy = new PageCopy(device, migration.Range.Size);
        ReadOnlySpan<CpuPageRun> targets = migration.Frames.Runs;
        int target = 0, of = 0;
        foreach (ref readonly CpuPageRun run in migration.Sources.Runs)
        {
            for (int i = 0; i < run.Pages; i++)
            {
                ulong frame = targets[target].Frame + ((ulong)of << 12);
                if (run.Block is SvmBlock source)
                    copy.Add(CopyDirection.FromDevice, source.Pagemap, AddressOf(source, run, i), frames, frame);
                if (++of == targets[target].Pages)
                    (target, of) = (target + 1, 0);
            }
        }

        return copy.End();
    }

    private static ulong AddressOf(SvmBlock block, in CpuPageRun run, int page) => block.Address + ((ulong)(run.FirstPage + page) << 12);

    private void Add(CopyDirection direction, Pagemap map, ulong address, IFrameMemory other, ulong page)
    {
        bool goesOn = _count > 0 && _count < MostPages && _direction == direction && ReferenceEquals(_map, map)
            && _address + ((ulong)_count << 12) == address;
        if (!goesOn)
        {
            Flush();
            (_direction, _map, _address, _other) = (direction, map, address, other);
        }

        _pages[_count++] = page;
    }

    private void Flush()
    {
        if (_count == 0 || _error != Errno.Ok)
        {
            _count = 0;
            return;
        }

        bool toDevice = _direction == CopyDirection.ToDevice;
        _first ??= _map;
        _hasCopied = true;
        GtStatistics statistics = _map!.Device.StatisticsOf(_map.Tile);
        statistics.Add(toDevice ? GtCounter.SvmDeviceCopyKb : GtCounter.SvmCpuCopyKb, _count * 4L);
        _error = Copy(new CopyJob(_direction, _map.Tile, _map.Bytes, _address, _other!, _pages.AsSpan(0, _count)));
        _count = 0;
    }

    /// <summary>An engine of the embedder's that throws, or a hook, has not copied; its exception goes on when everything is taken back. So
    /// has one that finds no memory for bytes which are written for the first time.</summary>
    private readonly Errno Copy(in CopyJob job)
    {
        try
        {
            Errno injected = _device.Failures.IsArmed ? _device.Failures.Fires(FailurePoint.Copy, Errno.EIO) : Errno.Ok;
            if (injected != Errno.Ok)
                return injected;
            if (_copies is null)
                return _device.Copies.Copy(job);
            Errno error = _device.Copies.Begin(job, out Fence done);
            if (error == Errno.Ok)
                _copies.Add(done);
            return error == Errno.Ok && done.IsSignalled ? done.Error : error;
        }
        catch (InsufficientMemoryException)
        {
            return Errno.ENOMEM;
        }
        catch (Exception thrown)
        {
            _device.Failures.Watch.Fail(thrown);
            ThreadJobs.Own.Note(thrown);
            return Errno.EIO;
        }
    }

    private Errno End()
    {
        Flush();
        t_pages = _pages;
        if (!_hasCopied)
            return _error;
        GtStatistics statistics = _first!.Device.StatisticsOf(_first.Tile);
        bool toDevice = _direction == CopyDirection.ToDevice;
        long us = (_device.Clock.Now - _begun) / 1000;
        statistics.Add(toDevice ? GtCounter.SvmDeviceCopyUs : GtCounter.SvmCpuCopyUs, us);
        statistics.AddSized(toDevice ? GtCounter.Svm4KDeviceCopyUs : GtCounter.Svm4KCpuCopyUs, _size, us);
        return _error;
    }
}
