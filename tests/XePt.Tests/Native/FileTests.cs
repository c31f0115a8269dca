using System.Text;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Text that the driver tells in files of its own.</summary>
public sealed unsafe class FileTests : IDisposable
{
    private readonly DeviceHandle _device = Abi.CreateDevice(
        "bmg", new DeviceOptions { Flags = (uint)(DeviceFlags.RunsBatches | DeviceFlags.BoFiles) });

    private readonly ClientHandle _client;

    public FileTests() => _client = Abi.OpenClient(_device);

    public void Dispose() => Abi.Destroy(_device);

    [Fact]
    public void Statistics_are_a_line_for_each_counter_until_they_are_cleared()
    {
        uint vm = Abi.CreateVm(_client), bo = Abi.CreateBo(_client, 1 << 16, placement: 2);
        Abi.Map(_client, vm, bo, 0x1_0000_0000, 1 << 16);
        var unmap = new DrmXeVmBind
        {
            VmId = vm,
            NumBinds = 1,
            Bind = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = 0x1_0000_0000, Range = 1 << 16 },
        };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.VmBind, ref unmap));
        string[] lines = Statistics();
        Assert.Equal(XePt.Diagnostics.GtStatistics.Names, lines.Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Contains("tlb_inval_count: 1", lines);
        delegate* unmanaged<DeviceHandle, int, int> clear = &FileExports.ClearGtStatistics;
        Assert.Equal((0, (int)Errno.EINVAL), (clear(_device, 0), clear(_device, 7)));
        Assert.Contains("tlb_inval_count: 0", Statistics());
    }

    /// <summary>Stolen memory is not there, as nowhere in XePt.</summary>
    [Fact]
    [Rule("BIND-281")]
    public void Usage_has_five_lines_for_each_region_and_the_last_of_system_memory_alone()
    {
        DeviceHandle device = Abi.CreateDevice("pvc-2t", new DeviceOptions { Flags = (uint)DeviceFlags.RunsBatches });
        ClientHandle client = Abi.OpenClient(device);
        Abi.CreateBo(client, 1 << 16, placement: 4);
        string[] lines = Usage(client);
        string[] regions = ["system", "gtt", "vram0", "vram1"];
        Assert.Equal(
            regions.SelectMany(
                region => (string[])["total", "shared", "active", "resident", .. region == "system" ? (string[])["purgeable"] : []],
                (region, what) => $"drm-{what}-{region}"),
            lines.Select(KeyOf).Where(key => regions.Any(region => key.EndsWith($"-{region}", StringComparison.Ordinal))));
        Assert.Contains("drm-total-vram1:\t64 KiB", lines);
        Assert.Contains("drm-resident-vram1:\t64 KiB", lines);
        Assert.Contains("drm-total-vram0:\t0 KiB", lines);

        // Engines by class, and how many there are where there are several.
        string[] classes = [.. lines.Select(KeyOf).Where(key => key.StartsWith("drm-cycles-", StringComparison.Ordinal))
            .Select(key => key["drm-cycles-".Length..])];
        Assert.Equal(["bcs", "ccs"], classes);
        Assert.All(classes, name => Assert.Contains($"drm-total-cycles-{name}", lines.Select(KeyOf)));
        Assert.Contains(lines, line => line.StartsWith("drm-engine-capacity-ccs:\t", StringComparison.Ordinal));
        Abi.Destroy(device);

        static string KeyOf(string line) => line[..line.IndexOf(':', StringComparison.Ordinal)];
    }

    [Fact]
    public void A_client_s_usage_names_regions_and_engines_as_drm_does()
    {
        Abi.CreateBo(_client, 1 << 16, placement: 2);
        Abi.CreateBo(_client, 1 << 13, placement: 1);
        string[] lines = Usage(_client);
        Assert.Equal(["drm-driver:\txe", "drm-client-id:\t1"], lines[..2]);
        Assert.Contains("drm-total-gtt:\t8 KiB", lines);
        Assert.Contains("drm-resident-vram0:\t64 KiB", lines);
        Assert.Contains("drm-total-system:\t0 KiB", lines);
        Assert.Contains("drm-cycles-bcs:\t0", lines);
        Assert.Contains("drm-engine-capacity-vcs:\t2", lines);
        Assert.Contains("drm-client-id:\t2", Usage(Abi.OpenClient(_device)));
    }

    [Fact]
    public void Too_little_room_gets_the_beginning_and_the_whole_length()
    {
        byte* text = stackalloc byte[8];
        uint bytes = 4;
        delegate* unmanaged<ClientHandle, byte*, uint*, int> usage = &FileExports.ClientUsage;
        Assert.Equal((int)Errno.ENOSPC, usage(_client, text, &bytes));
        Assert.True(bytes > 100);
        Assert.Equal("drm-", Encoding.UTF8.GetString(text, 4));
        Assert.Equal(0, text[4]);
    }

    [Fact]
    public void A_client_s_privileges_may_change()
    {
        uint vm = Abi.CreateVm(_client);
        Assert.Equal((int)Errno.EPERM, CreateHigh(vm));
        delegate* unmanaged<ClientHandle, uint, int> privilege = &ClientExports.Privilege;
        Assert.Equal(0, privilege(_client, (uint)ClientFlags.Privileged));
        Assert.Equal(0, CreateHigh(vm));
        Assert.Equal((int)Errno.EINVAL, privilege(_client, (uint)ClientFlags.TrustPointers));
        Assert.Equal(0, privilege(_client, 0));
        Assert.Equal((int)Errno.EPERM, CreateHigh(vm));
    }

    private int CreateHigh(uint vm)
    {
        var priority = new DrmXeExtSetProperty { Property = 0, Value = XeLimits.PriorityHigh };
        var engine = new DrmXeEngineClassInstance { EngineClass = EngineClass.Copy };
        var args = new DrmXeExecQueueCreate
        {
            VmId = vm,
            Width = 1,
            NumPlacements = 1,
            Instances = (ulong)&engine,
            Extensions = (ulong)&priority,
        };
        return Abi.Ioctl(_client, XeIoctl.ExecQueueCreate, ref args);
    }

    private string[] Statistics()
    {
        byte[] text = new byte[8192];
        uint bytes = (uint)text.Length;
        delegate* unmanaged<DeviceHandle, int, byte*, uint*, int> statistics = &FileExports.GtStatistics;
        fixed (byte* into = text)
            Assert.Equal(0, statistics(_device, 0, into, &bytes));
        return Lines(text, bytes);
    }

    private static string[] Usage(ClientHandle client)
    {
        byte[] text = new byte[8192];
        uint bytes = (uint)text.Length;
        delegate* unmanaged<ClientHandle, byte*, uint*, int> usage = &FileExports.ClientUsage;
        fixed (byte* into = text)
            Assert.Equal(0, usage(client, into, &bytes));
        return Lines(text, bytes);
    }

    private static string[] Lines(byte[] text, uint bytes) => Encoding.UTF8.GetString(text, 0, (int)bytes).TrimEnd('\n').Split('\n');
}
