using XePt.Memory;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>What a handle stands for.</summary>
internal abstract class NativeObject
{
    /// <summary>The handle; 0 before it has one.</summary>
    public nint Handle { get; internal set; }
}

/// <summary>
/// The handles of the process. A handle is a place in a table and a number that is never used again, so one that is stale, of another kind
/// or made up is found out.
/// </summary>
/// <remarks>Concurrency: as <see cref="HandleTable{T}"/>: looking up takes no lock.</remarks>
internal static class Handles
{
    private const int PlaceBits = 24;
    private const nint PlaceMask = (1 << PlaceBits) - 1;

    private static readonly HandleTable<NativeObject> Table = new();
    private static long s_made;

    /// <summary>Gives an object its handle.</summary>
    /// <exception cref="XeptException">There are too many.</exception>
    public static nint Add(NativeObject item)
    {
        uint place = Table.Add(at =>
        {
            item.Handle = (nint)((Interlocked.Increment(ref s_made) << PlaceBits) | at);
            return item;
        });
        if (place <= (uint)PlaceMask)
            return item.Handle;
        Table.TryRemove(place, item);
        throw new XeptException(Errno.ENOMEM, "there are too many handles");
    }

    /// <summary>The object of a handle.</summary>
    /// <exception cref="XeptException">It stands for none of this kind.</exception>
    public static T Get<T>(nint handle)
        where T : NativeObject => TryGet(handle, out T? item) ? item! : throw NoSuch<T>(handle);

    /// <summary>The object of a handle, if it stands for one of this kind.</summary>
    public static bool TryGet<T>(nint handle, out T? item)
        where T : NativeObject
    {
        item = Table.Find((uint)(handle & PlaceMask)) as T;
        return item is not null && item.Handle == handle;
    }

    /// <summary>Ends a handle; false when somebody else has done so.</summary>
    public static bool TryRemove(NativeObject item) => Table.TryRemove((uint)(item.Handle & PlaceMask), item);

    /// <summary>Ends a handle.</summary>
    /// <returns>What it stood for.</returns>
    /// <exception cref="XeptException">It stands for none of this kind, any more.</exception>
    public static T Take<T>(nint handle)
        where T : NativeObject
    {
        T item = Get<T>(handle);
        return TryRemove(item) ? item : throw NoSuch<T>(handle);
    }

    private static XeptException NoSuch<T>(nint handle) => new(Errno.EBADF, $"0x{handle:x} is no handle of a {Name<T>()}");

    private static string Name<T>() => typeof(T).Name.Replace("Native", "").ToLowerInvariant();
}
