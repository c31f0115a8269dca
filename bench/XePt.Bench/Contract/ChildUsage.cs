using System.Diagnostics;
using System.Runtime.InteropServices;

namespace XePt.Bench.Contract;

/// <summary>What a program that is started costs, from its start to its end.</summary>
internal static partial class ChildUsage
{
    private const int Children = -1, PollMilliseconds = 5;
    private const string Peak = "VmHWM:";

    /// <summary>Runs a program, an assembly or an executable, which has to succeed.</summary>
    /// <returns>Nanoseconds of processor time, and the most bytes that it has had resident, as last seen some milliseconds before its end;
    /// 0 of one that ended before anybody looked.</returns>
    public static (double Nanoseconds, double PeakBytes) Run(string program, string[] arguments)
    {
        bool isManaged = program.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(isManaged ? "dotnet" : program, isManaged ? [program, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
        };
        double before = Nanoseconds(), peak = 0;
        using (Process process = Process.Start(start)!)
        {
            Task output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            while (!process.WaitForExit(PollMilliseconds))
                peak = Math.Max(peak, PeakBytes(process.Id));
            output.GetAwaiter().GetResult();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }

        return (Nanoseconds() - before, peak);
    }

    private static double Nanoseconds()
    {
        if (GetResourceUsage(Children, out Usage usage) != 0)
            throw new PlatformNotSupportedException("the system does not say what children cost");
        double microseconds = usage.UserMicroseconds + usage.SystemMicroseconds;
        return ((usage.UserSeconds + usage.SystemSeconds) * 1e9) + (microseconds * 1e3);
    }

    /// <summary>Of its own memory only: the peak that wait4 gives begins with what this process had when it started the other.</summary>
    private static double PeakBytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith(Peak, StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.AsSpan(Peak.Length, line.Length - Peak.Length - " kB".Length)) * 1024;
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, out Usage usage);

    /// <summary>Two times, and counters that nobody asks for here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private readonly struct Usage
    {
        public readonly nint UserSeconds;
        public readonly nint UserMicroseconds;
        public readonly nint SystemSeconds;
        public readonly nint SystemMicroseconds;
    }
}
