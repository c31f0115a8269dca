using XePt.Cli.Vectors.Binds;

namespace XePt.Cli.Vectors.Quirks;

/// <summary>
/// Finds the calls in which the reference runs into a known defect: an array binds a VMA and then (a) splits it so that a piece is taken
/// for already bound, which loses the piece's entries (<c>skip_of_staged</c>), or (b) prefetches it, which counts its entries twice
/// (<c>prefetch_of_staged</c>). A sequence names one of the two, but a call can meet both.
/// </summary>
/// <param name="isFaultMode">The VM is in fault mode, where a MAP without IMMEDIATE binds nothing.</param>
internal sealed class QuirkPattern(bool isFaultMode)
{
    // VMAs that the call binds and that have no entries of their own yet, by address.
    private readonly HashSet<ulong> _awaitingBind = [];
    private bool _occurs;

    /// <summary>The op list as it is without the defect, or null when the call does not meet one: no piece of what the call binds is
    /// skipped.</summary>
    public static ActionRecord[]? Mend(ActionRecord[] recorded, bool isFaultMode)
    {
        var pattern = new QuirkPattern(isFaultMode);
        ActionRecord[] mended = [.. recorded.Select(pattern.Follow)];
        return pattern._occurs ? mended : null;
    }

    private ActionRecord Follow(ActionRecord action)
    {
        bool isAwaiting = _awaitingBind.Contains(action.Address);
        switch (action)
        {
            case PrefetchRecord:
                _occurs |= isAwaiting;
                return action;
            case MapRecord map:
                if (Binds(map))
                    _awaitingBind.Add(map.Address);
                return action;
            case RemapRecord remap:
                _occurs |= isAwaiting && (remap.Previous is { IsSkipped: true } || remap.Next is { IsSkipped: true });
                remap = isAwaiting ? WithoutSkips(remap) : remap;
                _awaitingBind.Remove(remap.Address);
                Add(remap.Previous);
                Add(remap.Next);
                return remap;
            default:
                _awaitingBind.Remove(action.Address);
                return action;
        }
    }

    private bool Binds(MapRecord map) => (map.Immediate || !isFaultMode || map.InvalidateOnBind) && (map.Flags & VmaLetters.Mirror) == 0;

    private void Add(PieceRecord? piece)
    {
        if (piece is { IsSkipped: false })
            _awaitingBind.Add(piece.Address);
    }

    /// <summary>Both pieces are bound anew, so all of the old VMA is unbound.</summary>
    private static RemapRecord WithoutSkips(RemapRecord remap) => remap with
    {
        UnbindAddress = remap.Address,
        UnbindRange = remap.Range,
        Previous = remap.Previous is { } previous ? previous with { IsSkipped = false } : null,
        Next = remap.Next is { } next ? next with { IsSkipped = false } : null,
    };
}
