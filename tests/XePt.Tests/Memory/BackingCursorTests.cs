using XePt.Memory;

namespace XePt.Tests.Memory;

public class BackingCursorTests
{
    private const ulong Page = 4096;

    /// <summary>Single pages, which make a page list, and the same with one piece of two pages, which do not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("PT-065")]
    public void A_cursor_tells_the_piece_of_every_offset_however_far_it_jumps(bool isPageList)
    {
        const int Pieces = 700;
        var random = new Random(31);
        var segments = new Segment[Pieces];
        ulong size = 0;
        for (int i = 0; i < Pieces; i++)
        {
            segments[i] = new Segment(size, (ulong)random.Next(1 << 20) * Page, SegmentKind.System);
            size += i == 300 && !isPageList ? 2 * Page : Page;
        }

        using Backing backing = Backing.Create(segments, size);
        for (int round = 0; round < 200; round++)
        {
            ulong offset = (ulong)random.NextInt64((long)size);
            BackingCursor cursor = backing.CursorAt(offset);
            Assert.Equal(isPageList, cursor.IsPageList);
            // Jumps of no, some and many pages, to page starts and into pages.
            for (; offset < size; offset += (ulong)random.NextInt64(random.Next(2) == 0 ? 64 : 100 * (long)Page))
            {
                cursor.MoveTo(offset);
                int piece = Array.FindLastIndex(segments, s => s.Offset <= offset);
                ulong end = piece == Pieces - 1 ? size : segments[piece + 1].Offset;
                Assert.Equal(segments[piece].Address + (offset - segments[piece].Offset), cursor.AddressAt(offset));
                Assert.Equal(end - offset, cursor.LeftAt(offset));
            }
        }
    }
}
