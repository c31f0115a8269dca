using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Devices;

namespace XePt.Cli.Traces;

/// <summary>Platforms by the short names of <see cref="XePlatforms"/>.</summary>
internal static class PlatformNames
{
    /// <summary>All names, for messages and help.</summary>
    public static string All { get; } = string.Join(", ", Names);

    private static IEnumerable<string> Names => XePlatforms.All.Select(platform => platform.Name);

    public static PlatformInfo Parse(string name) => XePlatforms.TryGet(name, out PlatformInfo? platform)
        ? platform
        : throw new MalformedRecordException($"unknown platform \"{name}\"{NearestName.HintAndNames(name, Names)}");
}
