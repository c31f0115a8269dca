namespace XePt.Cli.Console;

/// <summary>What an ink means, for help pages.</summary>
/// <param name="Ink">The ink.</param>
/// <param name="Sign">What is shown in it: its colour in a word, or a letter of a drawing.</param>
/// <param name="Meaning">What it says.</param>
internal readonly record struct InkMeaning(Ink Ink, string Sign, string Meaning)
{
    /// <summary>That of a word in a colour.</summary>
    public static InkMeaning OfWord(Ink ink, string meaning) => new(ink, InkCodes.Foreground(ink)!, meaning);

    /// <summary>That of a letter of a drawing, with the colour behind it.</summary>
    public static InkMeaning OfLetter(char letter, Ink ink, string meaning) =>
        new(ink, $" {letter} ", InkCodes.Background(ink) is { } colour ? $"{meaning} ({colour})" : meaning);
}

/// <summary>What the inks of words mean, as help pages say it. They mean the same in all verbs; what letters of drawings mean stands with
/// the letters.</summary>
internal static class InkLegend
{
    /// <summary>Of all verbs.</summary>
    public static InkMeaning[] Verdicts { get; } =
    [
        InkMeaning.OfWord(Ink.Good, "as it should be: accepted, as expected, mapped"),
        InkMeaning.OfWord(Ink.Bad, "refused, not as expected, or never right"),
        InkMeaning.OfWord(Ink.Warning, "not wrong, but not usable as it is: not bound, invalidated, scratch"),
    ];

    /// <summary>Kinds of VMAs: their words, and the brackets of bars.</summary>
    public static InkMeaning[] Kinds { get; } =
    [
        InkMeaning.OfWord(Ink.Bo, "a VMA of a BO"),
        InkMeaning.OfWord(Ink.Userptr, "a userptr"),
        InkMeaning.OfWord(Ink.Null, "NULL"),
        InkMeaning.OfWord(Ink.Mirror, "a CPU address mirror, and what happens on it"),
    ];
}
