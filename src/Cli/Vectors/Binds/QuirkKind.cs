using System.Text.Json;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Known defects of the reference that recorded sequences run into.</summary>
internal enum QuirkKind
{
    /// <summary>An array maps a VMA and splits it where the rebind is skipped: the reference never binds the kept part.</summary>
    SkipOfStaged,

    /// <summary>An array maps a VMA and prefetches it: the reference counts its entries twice.</summary>
    PrefetchOfStaged,
}

/// <summary>Reads the names of defects.</summary>
internal static class QuirkKinds
{
    /// <summary>The field <c>quirk</c>.</summary>
    public static QuirkKind Read(JsonElement of) =>
        of.OneOf("quirk", ("skip_of_staged", QuirkKind.SkipOfStaged), ("prefetch_of_staged", QuirkKind.PrefetchOfStaged));
}
