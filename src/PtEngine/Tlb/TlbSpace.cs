using XePt.Uapi.Formats;

namespace XePt;

/// <summary>What a TLB model needs of a VM on one tile to walk its tables on a miss. From <see cref="XeVm.GetTlbSpace"/>.</summary>
public abstract class TlbSpace
{
    private protected TlbSpace(TlbVm vm, int rootLevel, PteFormatId format, ulong size) =>
        (Vm, RootLevel, Format, Size) = (vm, rootLevel, format, size);

    /// <summary>The VM.</summary>
    public TlbVm Vm { get; }

    /// <summary>Level of the root table.</summary>
    public int RootLevel { get; }

    /// <summary>Format of the entries.</summary>
    public PteFormatId Format { get; }

    /// <summary>Bytes of address space.</summary>
    public ulong Size { get; }

    /// <summary>Walks the tables from where <paramref name="walk"/> says, noting the entries read. Any thread, while binds go on.</summary>
    /// <param name="walk">Where to start; receives the entries, and the root when it was to start there.</param>
    /// <param name="va">The address.</param>
    /// <returns>The translation.</returns>
    public abstract Translation Walk(ref TlbWalk walk, ulong va);

    /// <summary>For example <c>vm 1 (asid 1), 0x1000000000000 bytes</c>.</summary>
    public override string ToString() => $"{Vm}, 0x{Size:x} bytes";
}
