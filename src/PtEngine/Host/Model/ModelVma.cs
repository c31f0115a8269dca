namespace XePt.Host;

/// <summary>One mapping of a modelled process.</summary>
internal struct ModelVma
{
    public ulong Start;
    public ulong End;
    public CpuProtection Protection;
    public CpuVmaKind Kind;

    /// <summary>Where <see cref="Start"/> is in the file, in bytes, when there is one.</summary>
    public ulong Offset;

    /// <summary>Its pages are held in memory (mlock).</summary>
    public bool IsLocked;

    public readonly bool IsReadable => Protection != CpuProtection.None && Kind != CpuVmaKind.Io;

    public readonly bool IsWritable => Protection == CpuProtection.ReadWrite && Kind != CpuVmaKind.Io;

    /// <summary>Pages are this process's own: a write to one that others use makes a copy.</summary>
    public readonly bool IsPrivate => Kind != CpuVmaKind.Shared;

    public readonly CpuVma Public => new(new AddressRange(Start, End), Protection, Kind);

    /// <summary>The next mapping goes on where this one ends, so that both are one (only anonymous ones are).</summary>
    public readonly bool IsContinuedBy(in ModelVma next) =>
        next.Start == End && next.Protection == Protection && next.IsLocked == IsLocked
        && Kind == CpuVmaKind.Anonymous && next.Kind == CpuVmaKind.Anonymous;

    /// <summary>Device registers are no memory, and huge pages stay in it anyway.</summary>
    public readonly bool MayBeLocked => Kind is not (CpuVmaKind.Io or CpuVmaKind.HugeTlb);
}
