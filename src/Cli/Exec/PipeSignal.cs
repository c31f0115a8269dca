using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace XePt.Cli.Exec;

/// <summary>SIGPIPE, which the runtime has this process ignore: a program that is started would inherit that, and go on writing to pipes
/// that nobody reads.</summary>
[SupportedOSPlatform("linux")]
internal static partial class PipeSignal
{
    private const int Number = 13;
    private const nint Default = 0;

    /// <summary>Does something while it is as programs expect to find it.</summary>
    public static T WithDefault<T>(Func<T> action)
    {
        nint before = Set(Number, Default);
        try
        {
            return action();
        }
        finally
        {
            _ = Set(Number, before);
        }
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Set(int number, nint handler);
}
