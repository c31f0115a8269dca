using System.Text.Json;
using XePt.Cli.Input;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Flag letters of a VMA, in the order in which they are written.</summary>
[Flags]
internal enum VmaLetters
{
    None = 0,
    ReadOnly = 1,
    Null = 2,
    Mirror = 4,
    Dumpable = 8,
    Autoreset = 0x10,
    AtomicPte = 0x20,
    Pte4K = 0x40,
    Pte64K = 0x80,
    Pte2M = 0x100,
    Pte1G = 0x200,
    Compact = 0x400,
}

/// <summary>One VMA of a list: <c>[addr, range, bo, off, flags, pat, present, invalidated]</c>.</summary>
internal readonly record struct VmaRecord(
    ulong Address, ulong Range, uint Bo, ulong Offset, VmaLetters Flags, int Pat, int Present, int Invalidated)
{
    private const string Letters = "RSMDAa4621c";

    public static VmaRecord Read(JsonElement element)
    {
        JsonElement[] parts = element.ToArray("vmas", 8);
        return new VmaRecord(
            parts[0].ToUInt64("VMA address"),
            parts[1].ToUInt64("VMA range"),
            parts[2].ToUInt32("VMA bo"),
            parts[3].ToUInt64("VMA offset"),
            ReadLetters(parts[4].ToText("VMA flags")),
            parts[5].ToInt32("VMA pat", ushort.MaxValue),
            parts[6].ToInt32("VMA present", byte.MaxValue),
            parts[7].ToInt32("VMA invalidated", byte.MaxValue));
    }

    /// <summary>The engine's VMA in the terms of the vectors.</summary>
    public static VmaRecord Of(in VmaInfo vma, uint handle) => new(
        vma.Range.Start, vma.Range.Size, handle, vma.Offset, LettersOf(vma), vma.PatIndex, vma.TilePresent, vma.TileInvalidated);

    public static VmaLetters ReadLetters(string text)
    {
        var flags = VmaLetters.None;
        foreach (char letter in text)
        {
            int bit = Letters.IndexOf(letter, StringComparison.Ordinal);
            if (bit < 0)
                throw new MalformedRecordException($"VMA flags have an unknown letter: \"{text}\"");
            flags |= (VmaLetters)(1 << bit);
        }

        return flags;
    }

    public static string TextOf(VmaLetters flags) =>
        string.Concat(Letters.Where((_, bit) => ((int)flags & (1 << bit)) != 0));

    public override string ToString() =>
        $"[0x{Address:x}, 0x{Range:x}, bo {Bo}, off 0x{Offset:x}, \"{TextOf(Flags)}\", pat {Pat}, present {Present}, " +
        $"invalidated {Invalidated}]";

    private static VmaLetters LettersOf(in VmaInfo vma) =>
        (vma.IsReadOnly ? VmaLetters.ReadOnly : 0)
        | (vma.IsNull ? VmaLetters.Null : 0)
        | (vma.Kind == VmaKind.Mirror ? VmaLetters.Mirror : 0)
        | (vma.IsDumpable ? VmaLetters.Dumpable : 0)
        | (vma.IsAutoreset ? VmaLetters.Autoreset : 0)
        | (vma.MayEnableAtomics ? VmaLetters.AtomicPte : 0)
        | HintsOf(vma.PageSizes);

    private static VmaLetters HintsOf(PageSizeHints hints) =>
        ((hints & PageSizeHints.Size4K) != 0 ? VmaLetters.Pte4K : 0)
        | ((hints & PageSizeHints.Size64K) != 0 ? VmaLetters.Pte64K : 0)
        | ((hints & PageSizeHints.Size2M) != 0 ? VmaLetters.Pte2M : 0)
        | ((hints & PageSizeHints.Size1G) != 0 ? VmaLetters.Pte1G : 0)
        | ((hints & PageSizeHints.Compact64K) != 0 ? VmaLetters.Compact : 0);
}
