using System.Runtime.CompilerServices;
using XePt.Schedules.Exploring;

namespace XePt.Memory;

/// <summary>Stands in for the production stores into shared tables, which pair entries by vectors: one step per entry.</summary>
internal static unsafe partial class PteBlock
{
    public static void Store(ulong* dst, ulong value)
    {
        Volatile.WriteBarrier();
        StagePrivate(dst, value);
    }

    public static void StoreEach(ulong* dst, ulong* src, nuint count)
    {
        Volatile.WriteBarrier();
        for (nuint i = 0; i < count; i++)
            StagePrivate(dst + i, src[i]);
    }

    public static void StoreEach(ulong* dst, nuint count, ulong value)
    {
        Volatile.WriteBarrier();
        for (nuint i = 0; i < count; i++)
            StagePrivate(dst + i, value);
    }

    /// <summary>A plain store of one entry, as staging makes them.</summary>
    public static void StagePrivate(
        ulong* table, ulong value, [CallerMemberName] string member = "", [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        SharedMemory.Write(ref *table, value, isRelease: false, new Site("table", member, file, line));
}
