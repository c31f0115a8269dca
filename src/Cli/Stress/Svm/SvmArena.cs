using XePt.Host;

namespace XePt.Cli.Stress.Svm;

/// <summary>
/// A piece of the process that one thread changes and all look at: windows of 2 MiB, and what the owner expects in one word of each page.
/// A word says whose it is: 0, or the arena's number in the upper half and a count in the lower one.
/// </summary>
internal sealed class SvmArena(int number)
{
    public const ulong Page = 4096, Window = 2UL << 20;
    public const int Windows = 6, PagesOfWindow = (int)(Window / Page);

    private const ulong First = 0x7f00_0000_0000;

    private readonly ulong[] _words = new ulong[Windows * PagesOfWindow];
    private uint _count;

    public ulong Start => First + ((ulong)number * Windows * 2 * Window);

    /// <summary>Whose bytes a BO in the place of a window has.</summary>
    public ulong BoTag => Tag | 0x8000_0000_0000_0000;

    private ulong Tag => (ulong)(number + 1) << 32;

    public AddressRange RangeOf(int window) => AddressRange.OfSize(Start + ((ulong)window * Window), Window);

    /// <summary>Address of the word of a page.</summary>
    public ulong AddressOf(int page) => Start + ((ulong)page * Page) + ((ulong)(page * 8) & (Page - 8));

    /// <summary>What the owner expects there.</summary>
    public ref ulong this[int page] => ref _words[page];

    /// <summary>A value that was never there.</summary>
    public ulong NewValue() => Tag | ++_count;

    /// <summary>The pages of a window are new, or somebody else's are in their place.</summary>
    public void Clear(int window) => Array.Clear(_words, window * PagesOfWindow, PagesOfWindow);

    /// <summary>The pages of one window are now those of another, which has none.</summary>
    public void Move(int from, int to)
    {
        Array.Copy(_words, from * PagesOfWindow, _words, to * PagesOfWindow, PagesOfWindow);
        Clear(from);
    }

    /// <summary>May this be seen there by anybody?</summary>
    public bool Owns(ulong value) => value == 0 || (value & ~0xffff_fffful) == Tag || (value & ~0xffff_fffful) == BoTag;
}
