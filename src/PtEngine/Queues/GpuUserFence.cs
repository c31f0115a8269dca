namespace XePt;

/// <summary>A user fence of a job: the value that is written to a GPU address of the job's VM when the job is complete
/// (BIND-126).</summary>
/// <param name="Address">GPU virtual address, 8-byte aligned.</param>
/// <param name="Value">64-bit value.</param>
public readonly record struct GpuUserFence(ulong Address, ulong Value)
{
    /// <summary>Value and address, hexadecimal.</summary>
    public override string ToString() => $"0x{Value:x} to 0x{Address:x}";
}
