namespace XePt;

/// <summary>An access that a batch is about to make, for a TLB model or a log. After a page fault it is told again.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Gt">GT of the engine.</param>
/// <param name="Va">GPU address.</param>
/// <param name="Kind">Read, write or atomic.</param>
/// <param name="Bytes">How many; it may cross pages.</param>
/// <param name="IsFetch">It reads instructions.</param>
public readonly record struct StreamerAccess(XeVm Vm, int Gt, ulong Va, GpuAccessKind Kind, int Bytes, bool IsFetch)
{
    /// <summary>For example <c>Write of 4 bytes at 0x1000 by GT 0</c>.</summary>
    public override string ToString() => $"{(IsFetch ? "Fetch" : Kind)} of {Bytes} byte{(Bytes == 1 ? "" : "s")} at 0x{Va:x} by GT {Gt}";
}
