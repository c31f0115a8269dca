using System.Runtime.CompilerServices;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>What threads of protocols wait for.</summary>
internal static class Await
{
    /// <summary>Waits for a fence without adding anything to it.</summary>
    public static void Signal(
        Fence fence, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        while (!fence.IsSignalled)
            SharedMemory.Spin(new Site("", member, file, line));
    }

    /// <summary>Waits until a word has another value than one.</summary>
    /// <returns>What it has.</returns>
    public static ulong Change(
        ref ulong word, ulong from, [CallerMemberName] string member = "", [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        ulong found;
        while ((found = Volatile.Read(ref word)) == from)
            SharedMemory.Spin(new Site("", member, file, line));
        return found;
    }
}
