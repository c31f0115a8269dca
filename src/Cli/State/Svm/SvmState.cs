using XePt.Cli.Input;

namespace XePt.Cli.State.Svm;

/// <summary>The mirrors of a VM: what of them is populated, and who hears of changes.</summary>
/// <param name="Ranges">Ranges by address.</param>
/// <param name="Notifiers">Notifiers by address.</param>
internal sealed record SvmState(IReadOnlyList<SvmRangeState> Ranges, IReadOnlyList<SvmNotifierState> Notifiers);

/// <summary>One range <c>[Start, End)</c>.</summary>
/// <param name="Present">Bit per tile it is bound on.</param>
/// <param name="Invalidated">Bit per tile whose entries are zeroed.</param>
/// <param name="IsGarbage">The CPU has unmapped it, and the collector has not been there yet.</param>
/// <param name="IsGiven">Its pages are those that the trace named.</param>
internal readonly record struct SvmRangeState(ulong Start, ulong End, int Present, int Invalidated, bool IsGarbage, bool IsGiven)
{
    /// <summary>The binding of a range that the CPU has unmapped.</summary>
    public const string Garbage = "unmapped";

    /// <summary>Bit per tile whose GPUs can use it now.</summary>
    public int Bound => Present & ~Invalidated;

    /// <summary>Whether the GPU can use it, in words.</summary>
    public string Binding => IsGarbage ? Garbage : Present == 0 ? "not bound" : Bound == 0 ? "invalidated" : "bound";
}

/// <summary>A stretch of addresses whose changes the VM is told of.</summary>
/// <param name="Ranges">Ranges in it.</param>
internal readonly record struct SvmNotifierState(ulong Start, ulong End, int Ranges);

/// <summary>What of a process is where: pieces by address, with nothing between them that is mapped.</summary>
internal readonly record struct MemoryPiece(ulong Start, ulong End, PagePlace Place);

/// <summary>Where pages of a process are.</summary>
internal enum PageHome
{
    /// <summary>The process has mapped nothing.</summary>
    Unmapped,

    /// <summary>Mapped, and not populated yet.</summary>
    None,

    /// <summary>In system memory.</summary>
    System,

    /// <summary>In memory of a tile of the VM's device.</summary>
    Vram,

    /// <summary>In memory of another device.</summary>
    Other,
}

/// <summary>Where pages of a process are, as one device sees it.</summary>
/// <param name="Home">Where.</param>
/// <param name="Tile">In memory of this tile; 0 elsewhere.</param>
internal readonly record struct PagePlace(PageHome Home, int Tile = 0)
{
    /// <summary>They hold something.</summary>
    public bool IsPopulated => Home >= PageHome.System;

    /// <summary>For lists: <c>VRAM of tile 0</c>.</summary>
    public override string ToString() => Home switch
    {
        PageHome.Unmapped => "not mapped",
        PageHome.None => "not populated",
        PageHome.System => "system",
        PageHome.Vram => $"VRAM of tile {Tile}",
        _ => "other device",
    };

    /// <summary>The place that a word stands for; in VRAM, of tile 0.</summary>
    /// <exception cref="MalformedRecordException">It stands for none.</exception>
    public static PagePlace Parse(string word)
    {
        foreach (PageHome home in Enum.GetValues<PageHome>())
        {
            if (new PagePlace(home).Word == word)
                return new PagePlace(home);
        }

        throw new MalformedRecordException($"\"{word}\" is no kind of memory");
    }

    /// <summary>For programs.</summary>
    public string Word => Home switch
    {
        PageHome.Unmapped => "unmapped",
        PageHome.None => "none",
        PageHome.System => "system",
        PageHome.Vram => "vram",
        _ => "other",
    };
}
