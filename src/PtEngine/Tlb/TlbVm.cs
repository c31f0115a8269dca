namespace XePt;

/// <summary>Which VM a TLB entry or invalidation is for.</summary>
/// <param name="Number">Number of the VM on its device, from 1, never used again.</param>
/// <param name="Asid">Address-space id that messages carry: 1 to 2^20 - 1, used again after the VM is gone; 0 on devices without ASIDs
/// (PT-182).</param>
public readonly record struct TlbVm(int Number, uint Asid)
{
    /// <summary>For example <c>vm 1 (asid 1)</c>.</summary>
    public override string ToString() => $"vm {Number} (asid {Asid})";
}
