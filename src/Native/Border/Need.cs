using XePt.Uapi;

namespace XePt.Native;

/// <summary>Pointers that a call cannot do without, and lists that the caller has room for.</summary>
internal static unsafe class Need
{
    /// <summary>A pointer that must not be null.</summary>
    /// <exception cref="XeptException">It is null.</exception>
    public static void Pointer(void* pointer, string what)
    {
        if (pointer == null)
            throw new XeptException(Errno.EFAULT, $"{what} is NULL");
    }

    /// <summary>A text.</summary>
    /// <exception cref="XeptException">The pointer is null.</exception>
    public static string Text(byte* text, string what)
    {
        Pointer(text, what);
        return System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)text) ?? "";
    }

    /// <summary>Bytes of the caller's.</summary>
    /// <exception cref="XeptException">There are some, and the pointer is null, or they are more than one call may move.</exception>
    public static Span<byte> Bytes(void* bytes, ulong size, string what)
    {
        if (size > int.MaxValue)
            throw new XeptException(Errno.EINVAL, $"0x{size:x} bytes are more than one call moves");
        if (size != 0)
            Pointer(bytes, what);
        return new Span<byte>(bytes, (int)size);
    }

    /// <summary>Fills a list of the caller's.</summary>
    /// <param name="from">What there is.</param>
    /// <param name="into">Receives as many as there is room for.</param>
    /// <param name="count">In: room. Out: how many there are.</param>
    /// <param name="convert">Makes what the caller gets.</param>
    /// <returns>0; -ENOSPC when there are more than fit.</returns>
    public static int Fill<TFrom, TTo>(IReadOnlyList<TFrom> from, TTo* into, uint* count, Func<TFrom, TTo> convert)
        where TTo : unmanaged
    {
        Pointer(count, "count");
        // SAFETY: neither is null, and the caller has said how many fit.
        uint room = *count;
        if (room != 0)
            Pointer(into, "the list");
        for (int i = 0; i < from.Count && (uint)i < room; i++)
            into[i] = convert(from[i]);
        *count = (uint)from.Count;
        return (uint)from.Count <= room ? 0 : Failure.Of(Errno.ENOSPC, $"there are {from.Count}, and room for {room}");
    }
}
