using System.Runtime.CompilerServices;
using XePt.Schedules.Exploring;

namespace XePt;

/// <summary>Stands in for <see cref="System.Threading.Volatile"/> in the production code of this assembly, as its namespace is
/// nearer.</summary>
internal static class Volatile
{
    public static T Read<T>(
        ref readonly T location,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        SharedMemory.Read(in location, new Site(name, member, file, line));

    public static void Write<T>(
        ref T location,
        T value,
        [CallerArgumentExpression(nameof(location))] string name = "",
        [CallerMemberName] string member = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        SharedMemory.Write(ref location, value, isRelease: true, new Site(name, member, file, line));

    public static void WriteBarrier() => SharedMemory.Release();

    /// <summary>Nothing: loads happen in the order of the program here.</summary>
    public static void ReadBarrier()
    {
    }
}
