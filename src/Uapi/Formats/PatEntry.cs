namespace XePt.Uapi.Formats;

/// <summary>Coherency bucket of a PAT entry as VM_BIND judges it (PT-041).</summary>
public enum PatCoherency : byte
{
    /// <summary>Reserved entry: never a valid bind argument.</summary>
    Reserved = 0,

    /// <summary>Not coherent with the CPU caches.</summary>
    None = 1,

    /// <summary>At least one-way coherent.</summary>
    AtLeastOneWay = 2,
}

/// <summary>L3 cache policy of an Xe2-format PAT value (PT-044). The value 2 is not used.</summary>
public enum PatL3Policy : byte
{
    /// <summary>Write-back.</summary>
    WriteBack = 0,

    /// <summary>Transient display ("XD").</summary>
    TransientDisplay = 1,

    /// <summary>Uncached.</summary>
    Uncached = 3,
}

/// <summary>One entry of a platform's PAT table (PT-041 to PT-052).</summary>
/// <param name="Value">The hardware value.</param>
/// <param name="Coherency">The coherency bucket.</param>
/// <param name="Compressed">Whether the entry enables compression (PT-043).</param>
public readonly record struct PatEntry(uint Value, PatCoherency Coherency, bool Compressed)
{
    /// <summary>The L3 policy; meaningful only in tables of Xe2 and newer (PT-044).</summary>
    public PatL3Policy L3Policy => (PatL3Policy)((Value >> 4) & 3);

    /// <summary>For example <c>0x3c0 AtLeastOneWay compressed</c>.</summary>
    public override string ToString() => $"0x{Value:x} {Coherency}{(Compressed ? " compressed" : "")}";
}
