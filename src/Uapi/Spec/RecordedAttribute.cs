namespace XePt.Uapi.Spec;

/// <summary>The field of an event is kept by the ring recorder, in so many bits.</summary>
/// <param name="bits">Bits that are kept; for signed fields the sign is one of them.</param>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class RecordedAttribute(int bits) : Attribute
{
    /// <summary>Bits that are kept.</summary>
    public int Bits { get; } = bits;

    /// <summary>Lowest bits that are left out, because they are always the same.</summary>
    public int Shift { get; init; }

    /// <summary>The bits left out are ones, as in an inclusive end; else zeros.</summary>
    public bool EndsInOnes { get; init; }
}
