using XePt.Cli.Vectors.Binds;

namespace XePt.Cli.Vectors.Quirks;

/// <summary>Finds the ops in which the reference runs into a known defect.</summary>
internal static class QuirkPattern
{
    /// <summary>Whether the op list of a call meets a defect.</summary>
    /// <param name="actions">The recorded op list of one bind call.</param>
    /// <param name="quirk">The defect.</param>
    public static bool Occurs(IEnumerable<ActionRecord> actions, QuirkKind quirk)
    {
        // VMAs that the call has made or will rebind, and that have no entries of their own yet, by address.
        var awaitingBind = new HashSet<ulong>();
        foreach (ActionRecord action in actions)
        {
            bool isAwaiting = awaitingBind.Contains(action.Address);
            switch (action)
            {
                case PrefetchRecord when isAwaiting && quirk == QuirkKind.PrefetchOfStaged:
                case RemapRecord remap when isAwaiting && SkipsAny(remap) && quirk == QuirkKind.SkipOfStaged:
                    return true;
                case MapRecord or PrefetchRecord:
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
