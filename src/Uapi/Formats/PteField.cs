namespace XePt.Uapi.Formats;

/// <summary>A field of a page-table entry, as declared.</summary>
/// <param name="Name">The name in the C header, or <c>reserved</c>.</param>
/// <param name="Low">The lowest bit.</param>
/// <param name="High">The highest bit, included.</param>
/// <param name="Role">What the field means.</param>
/// <param name="Rule">The rule that says so.</param>
public readonly record struct PteField(string Name, byte Low, byte High, PteRole Role, string Rule)
{
    /// <summary>The field's bits in the entry.</summary>
    public ulong Mask => (ulong.MaxValue >> (63 - (High - Low))) << Low;

    /// <summary>The field's value in an entry: the bits in place for an address, shifted down to bit 0 for everything else.</summary>
    /// <param name="raw">The entry.</param>
    public ulong ValueIn(ulong raw) => Role == PteRole.Address ? raw & Mask : (raw & Mask) >> Low;

    /// <summary>For example <c>XE_PTE_NULL 9</c> or <c>address 47:12</c>.</summary>
    public override string ToString() => Low == High ? $"{Name} {Low}" : $"{Name} {High}:{Low}";
}
