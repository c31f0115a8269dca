namespace XePt;

/// <summary>One access of a batch (<see cref="XeDevice.Access"/>).</summary>
/// <param name="Vm">The VM, of the device.</param>
/// <param name="Va">GPU address; that of an atomic access is aligned to its word.</param>
/// <param name="Kind">Read, write or atomic.</param>
/// <param name="Offset">Where its bytes begin in the batch's.</param>
/// <param name="Size">How many they are; for an atomic access 4 or 8, and they receive the old value.</param>
public readonly record struct GpuAccessRequest(XeVm Vm, ulong Va, GpuAccessKind Kind, int Offset, int Size)
{
    /// <summary>What an atomic access does.</summary>
    public GpuAtomic Atomic { get; init; }

    /// <summary>GT that accesses.</summary>
    public int Gt { get; init; }

    /// <summary>An atomic access.</summary>
    /// <param name="vm">The VM, of the device.</param>
    /// <param name="va">GPU address, aligned to the word.</param>
    /// <param name="atomic">What to do with the word.</param>
    /// <param name="offset">Where the batch's bytes receive the old value.</param>
    public static GpuAccessRequest Of(XeVm vm, ulong va, GpuAtomic atomic, int offset) =>
        new(vm, va, GpuAccessKind.Atomic, offset, atomic.Size) { Atomic = atomic };

    /// <summary>For example <c>Read of 8 bytes at 0x1000 by GT 0</c>.</summary>
    public override string ToString() => Kind == GpuAccessKind.Atomic
        ? $"{Atomic} at 0x{Va:x} by GT {Gt}" : $"{Kind} of {Size} byte{(Size == 1 ? "" : "s")} at 0x{Va:x} by GT {Gt}";
}
