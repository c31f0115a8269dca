using System.Globalization;
using System.Text;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>What a client uses, under the keys that DRM drivers tell it by.</summary>
internal static class UsageText
{
    private static readonly (EngineClass Class, string Name)[] Classes =
    [
        (EngineClass.Render, "rcs"), (EngineClass.Copy, "bcs"), (EngineClass.VideoDecode, "vcs"), (EngineClass.VideoEnhance, "vecs"),
        (EngineClass.Compute, "ccs"),
    ];

    public static string Of(NativeClient client)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"drm-driver:\txe\ndrm-client-id:\t{client.Number}\n");
        foreach (RegionUsage usage in client.File.MemoryUsage)
            AddMemory(text, usage);
        if (client.Device.Streamer is not null)
            AddEngines(text, client.File);
        return text.ToString();
    }

    private const int WithoutMemory = -1;

    /// <summary>Objects without memory count as those that the kernel has swapped out do.</summary>
    private static string NameOf(int region) => region switch
    {
        WithoutMemory => "system",
        0 => "gtt",
        _ => $"vram{region - 1}",
    };

    private static void AddMemory(StringBuilder text, in RegionUsage usage)
    {
        string region = NameOf(usage.Region);
        Add("total", usage.Total);
        Add("shared", usage.Shared);
        Add("active", usage.Active);
        Add("resident", usage.Resident);
        // Of no other region the driver says how much of it could be given back.
        if (usage.Region == WithoutMemory)
            Add("purgeable", 0);

        void Add(string what, ulong bytes) =>
            text.Append(CultureInfo.InvariantCulture, $"drm-{what}-{region}:\t{bytes >> 10} KiB\n");
    }

    private static void AddEngines(StringBuilder text, XeFile client)
    {
        PlatformInfo platform = client.Device.Platform;
        ulong total = TicksOf(client.Device.Clock.Now, platform);
        foreach ((EngineClass engineClass, string name) in Classes)
        {
            int count = platform.Engines.Count(engine => engine.EngineClass == engineClass);
            if (count == 0)
                continue;
            ulong busy = TicksOf(CommandStreamer.BusyNanoseconds(client, engineClass), platform);
            text.Append(CultureInfo.InvariantCulture, $"drm-cycles-{name}:\t{busy}\ndrm-total-cycles-{name}:\t{total}\n");
            if (count > 1)
                text.Append(CultureInfo.InvariantCulture, $"drm-engine-capacity-{name}:\t{count}\n");
        }
    }

    private static ulong TicksOf(long nanoseconds, PlatformInfo platform) =>
        (ulong)((UInt128)(ulong)nanoseconds * platform.ReferenceClockHz / 1_000_000_000);
}
