using System.Numerics;
using System.Runtime.CompilerServices;
using XePt.Schedules.Exploring;

namespace XePt;

/// <summary>Stands in for <see cref="System.Threading.Interlocked"/> in the production code of this assembly, as its namespace is
/// nearer.</summary>
internal static class Interlocked
{
    public static T CompareExchange<T>(
        ref T location,
        T value,
        T comparand,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        SharedMemory.Update(
            ref location, static (found, wanted) => AreSame(found, wanted.comparand) ? (wanted.value, true) : (found, false),
            (value, comparand),
            new Site(name, member, file, line));

    public static T Exchange<T>(
        ref T location,
        T value,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        SharedMemory.Update(ref location, static (_, value) => (value, true), value, new Site(name, member, file, line));

    // A constant 0 does not tell the compiler that T is ulong.
    public static ulong Exchange(
        ref ulong location,
        ulong value,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        Exchange<ulong>(ref location, value, name, member, file, line);

    public static T Increment<T>(
        ref T location,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
        where T : IBinaryInteger<T> =>
        Add(ref location, T.One, name, member, file, line);

    public static T Decrement<T>(
        ref T location,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
        where T : IBinaryInteger<T> =>
        Add(ref location, -T.One, name, member, file, line);

    public static T Add<T>(
        ref T location,
        T value,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
        where T : IBinaryInteger<T> =>
        SharedMemory.Update(ref location, static (found, value) => (found + value, true), value, new Site(name, member, file, line))
            + value;

    public static long Read(
        ref readonly long location,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        SharedMemory.Read(in location, new Site(name, member, file, line));

    public static void MemoryBarrier(
        [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        SharedMemory.Fence(new Site("", member, file, line));

    /// <summary>Protocols that rely on it keep to a memory model without store buffers, where it is a barrier like any other.</summary>
    public static void MemoryBarrierProcessWide(
        [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        SharedMemory.Fence(new Site("", member, file, line));

    private static bool AreSame<T>(T left, T right) =>
        typeof(T).IsValueType ? EqualityComparer<T>.Default.Equals(left, right) : ReferenceEquals(left, right);
}
