using XePt.Host;

namespace XePt.Native;

/// <summary>The bytes of this process as a device moves them: a page that is not there, or not to be written, is found out and does no
/// harm.</summary>
/// <remarks>Any thread. Functions of the program's are there to stay once a device uses them.</remarks>
internal static unsafe class LiveBytes
{
    // SAFETY, all: spans stay where they are meanwhile, and the functions are the program's, good ones as it has said.

    // Null without functions of the program's. Never freed: another thread may be about to call one.
    private static volatile ProcessAccess* s_access;

    /// <summary>From now on the program's functions move the bytes; none of them for the system.</summary>
    public static void Use(in ProcessAccess access)
    {
        ProcessAccess* made = null;
        if (access.Read != null)
        {
            made = (ProcessAccess*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)sizeof(ProcessAccess));
            *made = access;
        }

        s_access = made;
    }

    /// <summary>Reads bytes; false when they are not all there.</summary>
    public static bool TryRead(ulong address, Span<byte> into)
    {
        ProcessAccess* access = s_access;
        if (access == null)
            return ProcessMemory.Instance.TryRead(address, into);
        fixed (byte* bytes = into)
            return access->Read(bytes, address, (ulong)into.Length) == 0;
    }

    /// <summary>Writes bytes; false when they may not all be written.</summary>
    public static bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        ProcessAccess* access = s_access;
        if (access == null)
            return ProcessMemory.Instance.TryWrite(address, from);
        fixed (byte* bytes = from)
            return access->Write(address, (ConstBytes*)bytes, (ulong)from.Length) == 0;
    }

    /// <summary>Puts a word in place of an expected one; false when it may not be written.</summary>
    public static bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found)
    {
        ProcessAccess* access = s_access;
        ulong seen = 0;
        found = 0;
        if (access != null)
        {
            bool isDone = access->CompareExchange(address, (uint)bytes, expected, desired, &seen) == 0;
            found = isDone ? seen : 0;
            return isDone;
        }

        if (!LiveMaps.TryFind(address, orNext: false, out CpuVma vma) || !vma.IsWritable)
            return false;
        Span<byte> look = stackalloc byte[bytes];
        if (!TryRead(address, look))
            return false;
        // It is there, and whoever takes it away tells the engine before and waits for this access.
        found = WordBytes.CompareExchange((byte*)address, bytes, expected, desired);
        return true;
    }
}
