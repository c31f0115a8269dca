namespace XePt.Host;

/// <summary>The bytes of system memory by physical address, as a device or a copy engine reaches them.</summary>
/// <remarks>Concurrency: any thread. Aligned words of 4 and 8 bytes are read and written as a whole.</remarks>
public interface IFrameMemory
{
    /// <summary>Reads bytes of one page; false when it is no frame in use: whoever has got hold of such an address holds a stale
    /// translation (HST-012).</summary>
    bool TryRead(ulong address, Span<byte> into);

    /// <summary>Writes bytes of one page; false as above.</summary>
    bool TryWrite(ulong address, ReadOnlySpan<byte> from);

    /// <summary>Puts a word in place of an expected one, atomically.</summary>
    /// <param name="address">Aligned to <paramref name="bytes"/>.</param>
    /// <param name="bytes">4 or 8.</param>
    /// <param name="expected">What must be there.</param>
    /// <param name="desired">What comes in its place.</param>
    /// <param name="found">What was there.</param>
    /// <returns>False when it is no frame in use.</returns>
    bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found);
}
