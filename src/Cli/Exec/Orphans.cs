using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace XePt.Cli.Exec;

/// <summary>Processes that outlive the program which has started them: this one is their parent then, and waits for those that end soon.
/// The preloaded library has one for each process whose memory devices use, which nobody else waits for; where process 1 does not do so
/// either, it would be left for ever.</summary>
[SupportedOSPlatform("linux")]
internal static partial class Orphans
{
    private const int SetChildSubreaper = 36, NoHang = 1, AnyClone = 0x40000000;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    /// <summary>From now on orphans come here.</summary>
    public static void Adopt() => _ = Control(SetChildSubreaper, 1, 0, 0, 0);

    /// <summary>Waits for those that have ended or do so now; what goes on, goes on.</summary>
    public static void Reap()
    {
        const int all = -1;
        long begun = Stopwatch.GetTimestamp();
        // 0: there are some, and none has ended.
        for (int found = 0; found >= 0 && Stopwatch.GetElapsedTime(begun) < s_patience;)
        {
            found = Wait(all, 0, NoHang | AnyClone);
            if (found == 0)
                Thread.Sleep(1);
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int Wait(int process, nint status, int options);
}
