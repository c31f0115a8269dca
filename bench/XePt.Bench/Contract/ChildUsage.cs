using System.Diagnostics;
using System.Runtime.InteropServices;

namespace XePt.Bench.Contract;

/// <summary>What a program that is started costs, from its start to its end.</summary>
internal static partial class ChildUsage
{
    private const int Children = -1;

    /// <summary>Runs a program, an assembly or an executable, which has to succeed.</summary>
    /// <returns>Nanoseconds of processor time, and the bytes that the largest program so far has had resident.</returns>
    public static (double Nanoseconds, double PeakBytes) Run(string program, string[] arguments)
    {
        bool isManaged = program.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(isManaged ? "dotnet" : program, isManaged ? [program, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
        };
        double before = Read().Nanoseconds;
        using (Process process = Process.Start(start)!)
        {
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }

        (double after, double peak) = Read();
        return (after - before, peak);
    }

    private static (double Nanoseconds, double PeakBytes) Read()
    {
        if (GetResourceUsage(Children, out Usage usage) != 0)
            throw new PlatformNotSupportedException("the system does not say what children cost");
        double microseconds = usage.UserMicroseconds + usage.SystemMicroseconds;
        return (((usage.UserSeconds + usage.SystemSeconds) * 1e9) + (microseconds * 1e3), usage.PeakKilobytes * 1024.0);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, out Usage usage);

    /// <summary>Two times, a peak, and counters that nobody asks for here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private readonly struct Usage
    {
        public readonly nint UserSeconds;
        public readonly nint UserMicroseconds;
        public readonly nint SystemSeconds;
        public readonly nint SystemMicroseconds;
        public readonly nint PeakKilobytes;
    }
}
