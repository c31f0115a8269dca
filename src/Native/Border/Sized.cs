using XePt.Uapi;

namespace XePt.Native;

/// <summary>Structs that begin with their size, which grow at their ends from one version of the library to the next.</summary>
internal static unsafe class Sized
{
    // No struct gets as long, and no more of what the caller calls one is looked at.
    private const uint Longest = 4096;

    /// <summary>Reads a struct of the caller's. One that is shorter than ours reads as zero beyond its end.</summary>
    /// <param name="from">The struct; null for the default of all zeros.</param>
    /// <exception cref="XeptException">-EINVAL without a size; -E2BIG when it says something that this library does not know, or has more
    /// than 4096 bytes.</exception>
    public static T In<T>(T* from)
        where T : unmanaged
    {
        T value = default;
        if (from == null)
            return value;
        uint size = SizeOf(from);
        // SAFETY: the caller says how much there is.
        byte* bytes = (byte*)from;
        Buffer.MemoryCopy(bytes, &value, sizeof(T), Math.Min(size, (uint)sizeof(T)));
        for (uint at = (uint)sizeof(T); at < size; at++)
        {
            if (bytes[at] != 0)
                throw new XeptException(Errno.E2BIG, $"byte {at} of the struct means nothing to this version of the library");
        }

        return value;
    }

    /// <summary>Fills a struct of the caller's, as much of it as there is; its size stays.</summary>
    /// <exception cref="XeptException">-EFAULT without a struct; -EINVAL without a size; -E2BIG for more than 4096 bytes.</exception>
    public static void Out<T>(T* into, T value)
        where T : unmanaged
    {
        if (into == null)
            throw new XeptException(Errno.EFAULT, "no struct to fill");
        uint size = SizeOf(into);
        *(uint*)&value = size;
        // SAFETY: the caller says how much there is.
        Buffer.MemoryCopy(&value, into, size, Math.Min(size, (uint)sizeof(T)));
    }

    private static uint SizeOf<T>(T* at)
        where T : unmanaged
    {
        // SAFETY: not null, and each struct of xept.h begins with its size.
        uint size = *(uint*)at;
        if (size < sizeof(uint))
            throw new XeptException(Errno.EINVAL, "the struct does not say how large it is");
        return size <= Longest ? size : throw new XeptException(Errno.E2BIG, $"no struct of this library has {size} bytes");
    }
}
