namespace XePt.Native;

/// <summary>Copies to and from pointers that may be bad by way of a pipe, which looks at them: for sandboxes that forbid the direct
/// way.</summary>
internal static unsafe class PipedMemory
{
    // What a pipe takes without waiting.
    private const int Most = 4096;

    /// <summary>Reads from a pointer that may be bad.</summary>
    public static bool TryRead(void* from, byte* into, int bytes) => TryCopy((byte*)from, into, bytes);

    /// <summary>Writes to a pointer that may be bad.</summary>
    public static bool TryWrite(void* to, byte* from, int bytes) => TryCopy(from, (byte*)to, bytes);

    private static bool TryCopy(byte* from, byte* to, int bytes)
    {
        int* ends = stackalloc int[2];
        // One for each copy: who shares one with other threads, or with a forked child, reads what they have written.
        if (LibC.Pipe(ends, 0x80000) != 0)
            return false;
        bool isCopied = true;
        for (int at = 0; at < bytes && isCopied; at += Most)
        {
            nuint part = (nuint)Math.Min(Most, bytes - at);
            isCopied = LibC.Write(ends[1], from + at, part) == (nint)part && LibC.Read(ends[0], to + at, part) == (nint)part;
        }

        _ = LibC.Close(ends[0]);
        _ = LibC.Close(ends[1]);
        return isCopied;
    }
}
