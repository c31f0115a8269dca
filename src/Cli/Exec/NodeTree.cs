using System.Buffers.Binary;
using System.Globalization;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Exec;

/// <summary>The files by which programs find a device: nodes in <c>/dev/dri</c>, and what <c>/sys</c> and debugfs say of it (RN-020 to
/// RN-026, RN-060), written into a folder. The library that is preloaded looks for them there.</summary>
/// <param name="root">The folder.</param>
internal sealed class NodeTree(string root)
{
    /// <summary>As many as the library knows nodes for.</summary>
    public const int MostDevices = 16;

    private const int FirstRenderMinor = 128, FirstSlot = 3;
    private const ushort Vendor = 0x8086;

    // Classes by the names that folders have, and limits of their scheduling: name, default, least, most.
    private static readonly (EngineClass Class, string Name)[] Classes =
    [
        (EngineClass.Render, "rcs"), (EngineClass.Copy, "bcs"), (EngineClass.VideoDecode, "vcs"), (EngineClass.VideoEnhance, "vecs"),
        (EngineClass.Compute, "ccs"),
    ];

    private static readonly (string Name, string Unit, int Default, int Most)[] Limits =
    [
        ("job_timeout", "_ms", 5000, 10_000), ("preempt_timeout", "_us", 640_000, 10_000_000),
        ("timeslice_duration", "_us", 1000, 10_000_000),
    ];

    /// <summary>Writes folders that list what the system has beside the devices: by links, so that nothing else of it is
    /// found here.</summary>
    public void AddLists()
    {
        foreach (string folder in (string[])["sys/class", "sys/bus"])
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
            if (!Directory.Exists($"/{folder}"))
                continue;
            foreach (string entry in Directory.EnumerateFileSystemEntries($"/{folder}").Where(entry => !Exists(entry[1..])))
                Link(entry[1..], entry);
        }
    }

    /// <summary>Writes the files of a device.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <param name="platform">What it is.</param>
    public void Add(int number, PlatformInfo platform)
    {
        string slot = string.Create(CultureInfo.InvariantCulture, $"0000:{FirstSlot + number:x2}:00.0");
        string device = $"sys/devices/pci0000:00/{slot}";
        AddPci(device, slot, platform);
        AddNode(device, $"card{number}", number);
        AddNode(device, $"renderD{FirstRenderMinor + number}", FirstRenderMinor + number);
        Link($"dev/dri/by-path/pci-{slot}-card", $"../card{number}");
        Link($"dev/dri/by-path/pci-{slot}-render", $"../renderD{FirstRenderMinor + number}");
        Link($"sys/bus/pci/devices/{slot}", $"../../../devices/pci0000:00/{slot}");
        Link($"sys/bus/pci/drivers/xe/{slot}", $"../../../../devices/pci0000:00/{slot}");
        foreach (int gt in platform.Gts)
            AddEngines($"{device}/tile{gt / platform.GtSlotsPerTile}/gt{gt}/engines", platform.EnginesOf(gt)!);
        AddDebug(number, slot, platform);
    }

    private void AddPci(string device, string slot, PlatformInfo platform)
    {
        Write($"{device}/vendor", $"0x{Vendor:x4}\n");
        Write($"{device}/device", $"0x{platform.DeviceId:x4}\n");
        Write($"{device}/subsystem_vendor", $"0x{Vendor:x4}\n");
        Write($"{device}/subsystem_device", "0x0000\n");
        Write($"{device}/revision", $"0x{platform.Revision:x2}\n");
        Write($"{device}/class", "0x030000\n");
        Write($"{device}/numa_node", "-1\n");
        Write(
            $"{device}/uevent",
            $"DRIVER=xe\nPCI_CLASS=30000\nPCI_ID={Vendor:X4}:{platform.DeviceId:X4}\nPCI_SUBSYS_ID={Vendor:X4}:0000\n" +
            $"PCI_SLOT_NAME={slot}\n");
        File.WriteAllBytes(Path.Combine(root, device, "config"), Config(platform));
        Link($"{device}/subsystem", "../../../bus/pci");
        Link($"{device}/driver", "../../../bus/pci/drivers/xe");
    }

    private static byte[] Config(PlatformInfo platform)
    {
        byte[] config = new byte[256];
        BinaryPrimitives.WriteUInt16LittleEndian(config, Vendor);
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(2), platform.DeviceId);
        config[8] = platform.Revision;
        config[11] = 3;
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(0x2c), Vendor);
        return config;
    }

    private void AddNode(string device, string name, int minor)
    {
        Write($"dev/dri/{name}", "");
        string place = $"{device}/drm/{name}";
        Write($"{place}/dev", $"226:{minor}\n");
        Write($"{place}/uevent", $"MAJOR=226\nMINOR={minor}\nDEVNAME=dri/{name}\nDEVTYPE=drm_minor\n");
        Link($"{place}/device", $"../../../{Path.GetFileName(device)}");
        Link($"{place}/subsystem", "../../../../../class/drm");
        Link($"sys/class/drm/{name}", $"../../{place["sys/".Length..]}");
        Link($"sys/dev/char/226:{minor}", $"../../{place["sys/".Length..]}");
    }

    private void AddEngines(string place, EngineSet engines)
    {
        foreach ((EngineClass engineClass, string name) in Classes)
        {
            if (engines.CountOf(engineClass) == 0)
                continue;
            foreach ((string limit, string unit, int usual, int most) in Limits)
            {
                Write($"{place}/{name}/{limit}{unit}", $"{usual}\n");
                Write($"{place}/{name}/{limit}_min", "1\n");
                Write($"{place}/{name}/{limit}_max", $"{most}\n");
                Write($"{place}/{name}/.defaults/{limit}{unit}", $"{usual}\n");
                Write($"{place}/{name}/.defaults/{limit}_min", "1\n");
                Write($"{place}/{name}/.defaults/{limit}_max", $"{most}\n");
            }
        }
    }

    private void AddDebug(int number, string slot, PlatformInfo platform)
    {
        string place = $"sys/kernel/debug/dri/{number}";
        Write($"{place}/name", $"xe dev={slot} unique={slot}\n");
        Write(
            $"{place}/info",
            $"devid 0x{platform.DeviceId:x}\nrevid {platform.Revision}\n" +
            $"graphics_verx100 {platform.GraphicsVerx100}\nmedia_verx100 {platform.MediaVerx100}\n" +
            $"is_dgfx {YesNo(platform.IsDiscrete)}\ntile_count {platform.TileCount}\nvm_max_level {platform.RootLevel}\n" +
            $"force_execlist no\nhas_flat_ccs {YesNo(platform.HasFlatCcs)}\nhas_usm {YesNo(platform.HasFaultMode)}\n");
        // What these say, the library does.
        foreach (string name in (string[])["forcewake_all", "clients", "gem_names"])
            Write($"{place}/{name}", "");
        Write($"{place}/gtt_mm", $"size: {platform.SystemMemoryBytes}\n");
        for (int tile = 0; platform.IsDiscrete && tile < platform.TileCount; tile++)
            Write($"{place}/vram{tile}_mm", $"size: {platform.VramBytesPerTile}\n");
        foreach (int gt in platform.Gts)
        {
            // What these do, the library does.
            foreach (string name in (string[])["info", "stats", "force_reset", "force_reset_sync"])
                Write($"{place}/gt{gt}/{name}", "");
        }

        Link($"sys/kernel/debug/dri/{FirstRenderMinor + number}", $"{number}");
        Link($"sys/kernel/debug/dri/{slot}", $"{number}");
    }

    private bool Exists(string path) => Directory.Exists(Path.Combine(root, path));

    private static string YesNo(bool value) => value ? "yes" : "no";

    private void Write(string path, string text)
    {
        string whole = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        File.WriteAllText(whole, text);
    }

    private void Link(string path, string to)
    {
        string whole = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        File.CreateSymbolicLink(whole, to);
    }
}
