namespace XePt.Memory;

/// <summary>
/// The head of a list of single 4 KiB pages, which says of each page how far it is from the first, in pages. Four bytes a page instead of
/// the eight of an address: filling tables from a long list takes as long as reading it does.
/// </summary>
/// <param name="first">Physical address of the first page.</param>
// SAFETY: a list is made in a block with room for BytesFor(its pages) and is used in place only, never copied.
internal unsafe struct PageList(ulong first)
{
    private const int PageShift = 12;

    /// <summary>Physical address of the first page.</summary>
    public readonly ulong First = first;

    /// <summary>Bytes that a list takes.</summary>
    public static nuint BytesFor(int pages) => (nuint)sizeof(PageList) + ((nuint)pages * sizeof(int));

    /// <summary>Whether a list can say where the segments are, without sentinel, of a backing of <paramref name="size"/> bytes: more than
    /// one, each a page, of one kind, and no farther from the first than 8 TiB.</summary>
    public static bool CanHold(ReadOnlySpan<Segment> segments, ulong size)
    {
        if (segments.Length < 2 || size != (ulong)segments.Length << PageShift)
            return false;

        for (int i = 0; i < segments.Length; i++)
        {
            long distance = Distance(segments[0], segments[i]);
            if (segments[i].Offset != (ulong)i << PageShift || segments[i].Kind != segments[0].Kind || distance != (int)distance)
                return false;
        }

        return true;
    }

    /// <summary>Makes a list of what it <see cref="CanHold"/>.</summary>
    public static void Make(PageList* list, ReadOnlySpan<Segment> segments)
    {
        // SAFETY: the caller has BytesFor the segments from the list on.
        *list = new PageList(segments[0].Address);
        for (int i = 0; i < segments.Length; i++)
            DistancesOf(list)[i] = (int)Distance(segments[0], segments[i]);
    }

    /// <summary>How many pages each page is behind the first.</summary>
    public static int* DistancesOf(PageList* list) => (int*)(list + 1);

    private static long Distance(Segment from, Segment to) => (long)(to.Address - from.Address) >> PageShift;
}
