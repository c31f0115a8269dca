namespace XePt.Uapi.Spec;

/// <summary>The field holds the user address of an array, which the untyped ioctl entry reads once, before it makes the call.</summary>
/// <remarks>
/// What cannot be read is left out, from the first element that cannot; the call refuses an array that is too short where the driver would
/// have read it, so that the order of errors is the driver's. Generated for each field X: <c>XToRead</c>, how many elements the untyped
/// entry reads, <c>RefuseX</c>, the refusal of an array that is too short, and <c>RequireAllOfX</c>, which throws at one that is too
/// long.
/// </remarks>
/// <param name="elementType">Type of one element.</param>
/// <param name="counts">.NET names of the fields whose product is the number of elements.</param>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class UserArrayAttribute(Type elementType, params string[] counts) : Attribute
{
    /// <summary>Type of one element.</summary>
    public Type ElementType { get; } = elementType;

    /// <summary>The fields whose product is the number of elements.</summary>
    public string[] Counts { get; } = counts;

    /// <summary>Most elements that are read; a call that names more is refused.</summary>
    public uint Most { get; init; }

    /// <summary>Name of the <see cref="Checks.Refusals"/> of more elements than <see cref="Most"/>, by their number; null where a check
    /// refuses them.</summary>
    public string? TooMany { get; init; }

    /// <summary>Name of the <see cref="Checks.Refusals"/> of an array that could not be read as a whole, by its address.</summary>
    public string? Unreadable { get; init; }

    /// <summary>A single element stands in the argument itself, and nothing is read.</summary>
    public bool OneIsInline { get; init; }

    /// <summary>The address 0 stands for no array.</summary>
    public bool MayBeAbsent { get; init; }
}
