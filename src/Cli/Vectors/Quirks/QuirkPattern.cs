using XePt.Cli.Vectors.Binds;

namespace XePt.Cli.Vectors.Quirks;

/// <summary>
/// Finds the calls in which the reference runs into a known defect: an array binds a VMA and then (a) splits it so that a piece is taken
/// for already bound, which loses the piece's entries (<c>skip_of_staged</c>), or (b) prefetches it, which counts its entries twice
/// (<c>prefetch_of_staged</c>). A sequence names one of the two, but a call can meet both.
/// </summary>
internal static class QuirkPattern
{
    /// <summary>Whether the recorded op list of one bind call meets a defect.</summary>
    public static bool Occurs(IEnumerable<ActionRecord> actions)
    {
        // VMAs that the call has made and that have no entries of their own yet, by address.
        var awaitingBind = new HashSet<ulong>();
        foreach (ActionRecord action in actions)
        {
            bool isAwaiting = awaitingBind.Contains(action.Address);
            switch (action)
            {
                case PrefetchRecord when isAwaiting:
                case RemapRecord remap when isAwaiting && SkipsAny(remap):
                    return true;
                case MapRecord:
                    awaitingBind.Add(action.Address);
                    break;
                case UnmapRecord:
                    awaitingBind.Remove(action.Address);
                    break;
                case RemapRecord remap:
                    awaitingBind.Remove(action.Address);
                    AddPiece(awaitingBind, remap.Previous, isAwaiting);
                    AddPiece(awaitingBind, remap.Next, isAwaiting);
                    break;
            }
        }

        return false;
    }

    private static bool SkipsAny(RemapRecord remap) => remap.Previous is { IsSkipped: true } || remap.Next is { IsSkipped: true };

    private static void AddPiece(HashSet<ulong> awaitingBind, PieceRecord? piece, bool isAwaiting)
    {
        if (piece is not null && (isAwaiting || !piece.IsSkipped))
            awaitingBind.Add(piece.Address);
    }
}
