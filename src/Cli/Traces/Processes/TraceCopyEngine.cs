using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Traces.Processes;

/// <summary>Copies pages of a device at once, and counts what it copies.</summary>
internal sealed class TraceCopyEngine : ICopyEngine
{
    private readonly SortedDictionary<(int Tile, CopyDirection Direction), CopyTally> _tallies = [];

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
