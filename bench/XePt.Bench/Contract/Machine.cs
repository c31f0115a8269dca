using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace XePt.Bench.Contract;

/// <summary>What the figures are of.</summary>
internal static class Machine
{
    public static string Date => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Processor => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?
            .Split(':')[1].Trim() ?? "processor unknown"
        : "processor unknown";

    /// <summary>The program was compiled ahead of time: without a profile of what it does.</summary>
    public static bool IsAheadOfTime => !RuntimeFeature.IsDynamicCodeSupported;

    public static string Runtime => $".NET {Environment.Version}{(IsAheadOfTime ? ", ahead of time" : "")}";

    /// <summary>Version and commit, as the build noted them.</summary>
    public static string Version =>
        typeof(XeDevice).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "version unknown";

    public static string Text => $"{Date}, {Processor}, {Runtime}, {Version}";
}
