using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Traces.Processes;

/// <summary>Copies pages of a device, and counts what it copies: at once, or those of page faults when a record says so. Then they are over
/// by themselves some time later, so that whoever waits for them with the virtual clock sees their end.</summary>
/// <param name="isLate">Copies of faults end later.</param>
internal sealed class TraceCopyEngine(bool isLate = false) : ICopyEngine
{
    /// <summary>How long a late copy takes that nobody ends before, in ns of the virtual clock.</summary>
    public const long MostTime = 1_000_000;

    private readonly SortedDictionary<(int Tile, CopyDirection Direction), CopyTally> _tallies = [];
    private readonly Queue<LateCopy> _late = [];

    /// <summary>Copies of faults end later.</summary>
    public bool IsLate { get; } = isLate;

    /// <summary>The device whose it is, from its beginning on.</summary>
    public XeDevice? Device { get; set; }

    /// <summary>What was copied so far, by tile and direction.</summary>
    public IEnumerable<CopyTally> Tallies => _tallies.Values;

    /// <inheritdoc/>
    public Errno Copy(in CopyJob job)
    {
        Errno errno = InstantCopyEngine.Instance.Copy(job);
        if (errno != Errno.Ok)
            return errno;
        (int, CopyDirection) key = (job.Tile, job.Direction);
        CopyTally before = _tallies.GetValueOrDefault(key, new CopyTally(job.Tile, job.Direction, 0, 0));
        _tallies[key] = before with { Copies = before.Copies + 1, Bytes = before.Bytes + ((ulong)job.Pages.Length * XeLimits.PageSize) };
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public Errno Begin(in CopyJob job, out Fence done)
    {
        if (!IsLate || Device is not { } device)
        {
            done = Fence.Signalled;
            return Copy(job);
        }

        done = device.CreateFence("copy");
        var late = new LateCopy(job, done);
        _late.Enqueue(late);
        device.Clock.At(device.Clock.Now + MostTime, () => End(late, Errno.Ok));
        return Errno.Ok;
    }

    /// <summary>Ends the oldest copies that have not ended.</summary>
    /// <param name="most">How many.</param>
    /// <param name="error">What they fail with, or ok.</param>
    /// <returns>How many there were.</returns>
    public int Complete(int most, Errno error)
    {
        int ended = 0;
        while (ended < most && _late.TryDequeue(out LateCopy? late))
            ended += End(late, error) ? 1 : 0;
        return ended;
    }

    private bool End(LateCopy late, Errno error)
    {
        if (late.Done.IsSignalled)
            return false;
        late.Done.TrySignal(error != Errno.Ok ? error : Copy(late.Job));
        return true;
    }
}

/// <summary>What the copy engine of a tile did in one direction.</summary>
/// <param name="Tile">The tile.</param>
/// <param name="Direction">Into or out of its memory.</param>
/// <param name="Copies">Jobs.</param>
/// <param name="Bytes">Bytes of their pages.</param>
internal readonly record struct CopyTally(int Tile, CopyDirection Direction, long Copies, ulong Bytes)
{
    /// <summary><c>64 KiB to VRAM of tile 0</c>.</summary>
    public override string ToString() =>
        $"{Calls.CallText.Bytes(Bytes)} {(Direction == CopyDirection.ToDevice ? "to" : "from")} VRAM of tile {Tile}";
}
