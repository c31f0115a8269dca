using System.Text.Json;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors;

/// <summary>A config record: a device, and the flags its VMs are created with.</summary>
internal sealed record VectorConfig(string Name, PlatformInfo Platform, VmCreateFlags VmFlags)
{
    /// <summary>The mode of a VM of this config.</summary>
    public VmMode Mode =>
        (VmFlags & VmCreateFlags.FaultMode) != 0 ? VmMode.Fault
        : (VmFlags & VmCreateFlags.LrMode) != 0 ? VmMode.PreemptFence
        : VmMode.DmaFence;

    /// <summary>Reads a config record. The device is the preset of its platform with the facts of the record put in, one tile, and no media
    /// GT.</summary>
    public static VectorConfig Read(JsonElement record)
    {
        string name = record.Text("platform");
        if (!XePlatforms.TryGet(name, out PlatformInfo? preset))
            throw new MalformedRecordException($"'platform' is not known: {JsonValues.Quote(record.Field("platform"))}");

        PlatformInfo platform = ReadDevice(record.Field("device"), preset);
        return new VectorConfig(record.Text("config"), platform, ReadVmFlags(record));
    }

    /// <summary>The field <c>vm_flags</c>.</summary>
    public static VmCreateFlags ReadVmFlags(JsonElement of)
    {
        VmCreateFlags flags = 0;
        foreach (JsonElement word in of.Items("vm_flags"))
        {
            flags |= word.ToText("vm_flags") switch
            {
                "scratch" => VmCreateFlags.ScratchPage,
                "lr" => VmCreateFlags.LrMode,
                "fault" => VmCreateFlags.FaultMode,
                _ => throw new MalformedRecordException($"'vm_flags': unknown flag {JsonValues.Quote(word)}"),
            };
        }

        return flags;
    }

    private static PlatformInfo ReadDevice(JsonElement device, PlatformInfo preset) => preset with
    {
        GraphicsVerx100 = device.Number("graphics_verx100"),
        IsDiscrete = device.Flag("dgfx"),
        VaBits = device.Field("va_bits").ToIndex("va_bits", 47, 57),
        RootLevel = device.Field("max_level").ToIndex("max_level", 3, 4),
        VramNeeds64K = device.Flag("vram_need64k"),
        HasFaultMode = device.Flag("has_usm"),
        HasAtomicEnableBit = device.Flag("atomic_enable_pte_bit"),
        DeviceAtomicsOnSystemMemory = device.Flag("device_atomics_on_smem"),
        CachedPageTables = device.Flag("cached_pt"),
        AllowsScratchWithFaults = device.Flag("needs_scratch"),
        VramDpaBase = [device.Hex("vram_dpa_base")],
        Pat = ReadPat(device.Field("pat"), preset.Pat),
        TileCount = 1,
        GtSlotsPerTile = 1,
        HasMediaGt = false,
    };

    private static PatTable ReadPat(JsonElement pat, PatTable preset)
    {
        JsonElement[] entries = pat.Field("entries").ToArray("entries", pat.Number("n"));
        int last = entries.Length - 1;
        return preset with
        {
            Entries = [.. entries.Select(ReadPatEntry)],
            IndexNone = (uint)pat.Number("idx_none", last),
            IndexWriteThrough = (uint)pat.Number("idx_wt", last),
            IndexWriteBack = (uint)pat.Number("idx_wb", last),
        };
    }

    private static PatEntry ReadPatEntry(JsonElement entry) =>
        new(entry.UInt32("value"), (PatCoherency)entry.Number("coh", 2), entry.Flag("comp"));
}
