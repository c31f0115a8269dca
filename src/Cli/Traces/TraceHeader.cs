using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>The first line of a trace: format version, and the device that the calls are meant for.</summary>
/// <param name="Platform">The platform.</param>
/// <param name="Options">Profile and build options of the device.</param>
/// <param name="IsPrivileged">The first client may do what CAP_SYS_NICE allows.</param>
internal sealed record TraceHeader(PlatformInfo Platform, XeDeviceOptions Options, bool IsPrivileged)
{
    /// <summary>The version of the trace format that this reader knows.</summary>
    public const int Version = 1;

    private const string Marker = "xetrace";

    /// <summary>Reads the header line.</summary>
    public static TraceHeader Read(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object || !line.TryGetProperty(Marker, out JsonElement version))
            throw new MalformedRecordException($"not a trace: the first line is an object with \"{Marker}\": {Version}");
        if (version.ToUInt64(Marker) != Version)
            throw new MalformedRecordException(
                $"trace format version {JsonValues.Quote(version)} is unknown; this tool reads version {Version}");

        var fields = new JsonFields(line, "header");
        fields.Take(Marker);
        fields.TakeText("comment");
        string platform = fields.Take("platform").ToText("platform");
        XeProfile profile = fields.TakeText("profile") is { } name ? ProfileNames.Parse(name) : XeProfile.Final;
        XeDeviceOptions options = ReadOptions(fields, profile);
        bool isPrivileged = fields.TakeBool("privileged");
        fields.End();
        return new TraceHeader(PlatformNames.Parse(platform), options, isPrivileged);
    }

    /// <summary>Takes the options of a device.</summary>
    internal static XeDeviceOptions ReadOptions(JsonFields header, XeProfile profile)
    {
        if (!header.TryTake("options", out JsonElement value))
            return new XeDeviceOptions { Profile = profile };

        var fields = new JsonFields(value, "options");
        var options = new XeDeviceOptions
        {
            Profile = profile,
            SvmPresent = fields.TakeBool("svm", otherwise: true),
            UserptrPresent = fields.TakeBool("userptr", otherwise: true),
            DebugBuild = fields.TakeBool("debug_build"),
            Drive = TakeChoice(fields, "drive", "queued") ? DriveMode.Queued : DriveMode.Inline,
            SingleThreaded = true,
            JobSink = TakeJobs(fields),
            CopyEngine = TakeCopies(fields),
            CpuVisibleVramBytes = TakeVisibleVram(fields),
        };
        fields.End();
        return options.Drive == DriveMode.Queued || options.CopyEngine is TraceCopyEngine { IsLate: false }
            ? options : throw new MalformedRecordException("'copies': late ones need the drive \"queued\"");
    }

    /// <summary>What becomes of jobs. Streamed ones run by themselves whatever the drive, because nobody else would run them.</summary>
    private static IJobSink TakeJobs(JsonFields fields) => fields.TakeText("jobs") switch
    {
        null or "instant" => InstantJobSink.Instance,
        "manual" => new ManualJobSink { CanPreempt = true },
        "streamed" => new CommandStreamer(new CommandStreamerOptions { RunsByItself = true }),
        { } chosen => throw new MalformedRecordException(
            $"'jobs': \"{chosen}\" is neither \"instant\" nor \"manual\" nor \"streamed\""),
    };

    private static TraceCopyEngine TakeCopies(JsonFields fields) => fields.TakeText("copies") switch
    {
        null or "instant" => new TraceCopyEngine(),
        "late" => new TraceCopyEngine(isLate: true),
        { } chosen => throw new MalformedRecordException($"'copies': \"{chosen}\" is neither \"instant\" nor \"late\""),
    };

    /// <summary>True when a text has its one other value than the default.</summary>
    private static bool TakeChoice(JsonFields fields, string name, string other)
    {
        const string usual = "inline";
        string chosen = fields.TakeText(name) ?? usual;
        return chosen == other || (
            chosen == usual ? false : throw new MalformedRecordException($"'{name}': \"{chosen}\" is neither \"{usual}\" nor \"{other}\""));
    }

    private static ulong? TakeVisibleVram(JsonFields fields)
    {
        if (!fields.TryTake("visible_vram", out JsonElement value))
            return null;
        ulong bytes = value.ToUInt64("visible_vram");
        return bytes != 0 && bytes % XeLimits.PageSize == 0
            ? bytes : throw new MalformedRecordException("'visible_vram': not a number of 4 KiB pages");
    }
}
