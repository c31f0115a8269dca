using XePt.Host;

namespace XePt.Native;

/// <summary>The bytes of this process as a device moves them: a page that is not there, or not to be written, is found out and does no
/// harm.</summary>
internal static unsafe class LiveBytes
{
    /// <summary>Reads bytes; false when they are not all there.</summary>
    public static bool TryRead(ulong address, Span<byte> into) => ProcessMemory.Instance.TryRead(address, into);

    /// <summary>Writes bytes; false when they may not all be written.</summary>
    public static bool TryWrite(ulong address, ReadOnlySpan<byte> from) => ProcessMemory.Instance.TryWrite(address, from);

    /// <summary>Puts a word in place of an expected one; false when it may not be written.</summary>
    public static bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found)
    {
        found = 0;
        if (!LiveMaps.TryFind(address, orNext: false, out CpuVma vma) || !vma.IsWritable)
            return false;
        Span<byte> look = stackalloc byte[bytes];
        if (!TryRead(address, look))
            return false;
        // SAFETY: it is there, and whoever takes it away tells the engine before and waits for this access.
        found = WordBytes.CompareExchange((byte*)address, bytes, expected, desired);
        return true;
    }
}
