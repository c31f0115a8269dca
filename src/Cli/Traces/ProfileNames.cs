using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>The stages of the uAPI by the names of specification 02 section 1.</summary>
internal static class ProfileNames
{
    /// <summary>All names, for messages and help.</summary>
    public const string All = "F, S-gated, S-open";

    public static XeProfile Parse(string name) => name.ToUpperInvariant() switch
    {
        "F" or "FINAL" => XeProfile.Final,
        "S-GATED" or "SEEDGATED" => XeProfile.SeedGated,
        "S-OPEN" or "SEEDOPEN" => XeProfile.SeedOpen,
        _ => throw new MalformedRecordException($"unknown profile \"{name}\"; known are {All}"),
    };

    public static string NameOf(XeProfile profile) => profile switch
    {
        XeProfile.SeedGated => "S-gated",
        XeProfile.SeedOpen => "S-open",
        _ => "F",
    };
}
