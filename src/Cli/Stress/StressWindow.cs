namespace XePt.Cli.Stress;

/// <summary>A window of addresses of one VM with a BO that is mapped into it, and the shadow of what may be seen there.</summary>
/// <param name="Map">The shadow.</param>
/// <param name="Bo">Handle of the BO.</param>
/// <param name="Address">Device address of the BO's first byte.</param>
/// <param name="Unit">Bytes that mappings are multiples of.</param>
internal sealed record StressWindow(ExpectedMap Map, uint Bo, ulong Address, ulong Unit)
{
    public ulong Start => Map.Range.Start;

    public ulong Size => Map.Range.Size;

    public int Units => (int)(Size / Unit);

    /// <summary>A random address in it.</summary>
    public ulong Pick(Random random) => Start + ((ulong)random.NextInt64((long)Size) & ~7UL);
}
