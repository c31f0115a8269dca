namespace XePt.Cli.Vectors.Pages;

/// <summary>What all pages of one mapping have in common.</summary>
internal readonly record struct PageAttributes
{
    /// <summary>PAT index.</summary>
    public int Pat { get; init; }

    /// <summary>The GPU may not write.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Reads give zero, writes vanish; there is no memory behind it.</summary>
    public bool IsNull { get; init; }

    /// <summary>The memory is VRAM.</summary>
    public bool IsVram { get; init; }

    /// <summary>Device atomics are enabled.</summary>
    public bool HasAtomics { get; init; }

    public override string ToString() => string.Concat(
        $"PAT {Pat}",
        IsReadOnly ? ", read-only" : ", writable",
        IsNull ? ", null" : IsVram ? ", VRAM" : ", system",
        HasAtomics ? ", atomics" : "");
}

/// <summary>What one page of 4 KiB must translate to.</summary>
/// <param name="Address">Device address; 0 of a null page.</param>
/// <param name="Attributes">Everything else.</param>
/// <param name="IsZapped">The page is mapped but its entry was zeroed: an access faults.</param>
internal readonly record struct PageMapping(ulong Address, PageAttributes Attributes, bool IsZapped = false)
{
    public override string ToString() => IsZapped ? "zapped" : $"0x{Address:x}, {Attributes}";
}
