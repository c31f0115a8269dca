namespace XePt.Tlb;

/// <summary>The numbers of a tile update's invalidation on the GTs that somebody hears of; 0 where nobody does.</summary>
/// <param name="Primary">On the primary GT.</param>
/// <param name="Media">On the media GT.</param>
internal readonly record struct TlbNumbers(ulong Primary, ulong Media)
{
    /// <summary>Nobody hears of it: it is complete.</summary>
    public bool AreNone => (Primary | Media) == 0;
}
