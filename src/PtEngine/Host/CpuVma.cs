namespace XePt.Host;

/// <summary>What a mapping of a process is backed by (HST-002).</summary>
public enum CpuVmaKind : byte
{
    /// <summary>Private memory without a file: the only kind whose pages can migrate to a device (SVM-057, SVM-075).</summary>
    Anonymous = 0,

    /// <summary>A private mapping of a file: written pages become anonymous copies, yet the mapping is none.</summary>
    File = 1,

    /// <summary>Memory shared with other mappings of the same object, in this or another process.</summary>
    Shared = 2,

    /// <summary>Huge pages of 2 MiB that are populated and dropped as a whole.</summary>
    HugeTlb = 3,

    /// <summary>Device registers or a BO's CPU mapping: no page of it can be collected.</summary>
    Io = 4,
}

/// <summary>What the CPU may do with a mapping.</summary>
[Flags]
public enum CpuProtection : byte
{
    /// <summary>PROT_NONE: nothing.</summary>
    None = 0,

    /// <summary>PROT_READ.</summary>
    Read = 1,

    /// <summary>PROT_READ and PROT_WRITE.</summary>
    ReadWrite = 3,
}

/// <summary>One mapping of a process, as of the moment of the look (HST-002).</summary>
/// <param name="Range">Its addresses, whole pages.</param>
/// <param name="Protection">What the CPU may do.</param>
/// <param name="Kind">What it is backed by.</param>
public readonly record struct CpuVma(AddressRange Range, CpuProtection Protection, CpuVmaKind Kind)
{
    /// <summary>For example <c>[0x7f0000000000, 0x7f0000002000) Anonymous ReadWrite</c>.</summary>
    public override string ToString() => $"{Range} {Kind} {Protection}";

    /// <summary>The CPU may read.</summary>
    public bool IsReadable => Protection != CpuProtection.None;

    /// <summary>The CPU may write.</summary>
    public bool IsWritable => Protection == CpuProtection.ReadWrite;
}
