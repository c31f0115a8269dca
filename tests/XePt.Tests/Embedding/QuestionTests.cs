using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>Queries whose buffer says what is asked for: ENGINE_CYCLES and UC_FW_VERSION (docs/uapi-rest.md).</summary>
public class QuestionTests
{
    private const ulong Buffer = 0x7f00_0000_0000;

    public static TheoryData<string> Platforms => [.. XePlatforms.All.Select(platform => platform.Name)];

    [Theory]
    [MemberData(nameof(Platforms))]
    [Rule("QRY-005")]
    public void Every_engine_counts_the_reference_clock(string name)
    {
        PlatformInfo platform = TestGpu.Named(name);
        using var device = new XeDevice(platform);
        XeFile file = device.OpenFile();
        foreach (DrmXeEngineClassInstance engine in platform.Engines)
        {
            Assert.Equal(Errno.Ok, Ask(file, new DrmXeQueryEngineCycles { Eci = engine, Clockid = 1 }, out DrmXeQueryEngineCycles before));
            ((VirtualClock)device.Clock).Advance(1_000_000);
            Assert.Equal(Errno.Ok, Ask(file, new DrmXeQueryEngineCycles { Eci = engine, Clockid = 1 }, out DrmXeQueryEngineCycles after));
            Assert.Equal(platform.ReferenceClockHz / 1000, after.EngineCycles - before.EngineCycles);
            Assert.Equal((1_000_000ul, 0ul), (after.CpuTimestamp - before.CpuTimestamp, after.CpuDelta));
            Assert.Equal(platform.GraphicsVerx100 >= 2000 ? 64u : 36u, after.Width);
            Assert.Equal((engine.EngineClass, engine.GtId, 1), (after.Eci.EngineClass, after.Eci.GtId, after.Clockid));
        }
    }

    [Fact]
    [Rule("QRY-005")]
    public void A_counter_of_36_bits_wraps_where_one_of_64_goes_on()
    {
        const long Hour = 3_600_000_000_000;
        var engine = new DrmXeQueryEngineCycles { Eci = new() { EngineClass = EngineClass.Render } };
        foreach (PlatformInfo platform in (PlatformInfo[])[XePlatforms.Tgl, XePlatforms.Bmg])
        {
            using var device = new XeDevice(platform);
            ((VirtualClock)device.Clock).Advance(Hour);
            Assert.Equal(Errno.Ok, Ask(device.OpenFile(), engine, out DrmXeQueryEngineCycles answer));
            ulong cycles = 3600ul * platform.ReferenceClockHz;
            Assert.True(cycles > 1ul << 36);
            Assert.Equal(platform == XePlatforms.Tgl ? cycles % (1ul << 36) : cycles, answer.EngineCycles);
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(7, true)]
    [InlineData(11, true)]
    [InlineData(12, false)]
    [InlineData(-1, false)]
    [Rule("QRY-004")]
    public void Five_clocks_can_be_read(int clock, bool isKnown)
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile();
        var question = new DrmXeQueryEngineCycles { Clockid = clock, EngineCycles = 7 };
        Assert.Equal(isKnown ? Errno.Ok : Errno.EINVAL, Ask(file, question, out DrmXeQueryEngineCycles answer));
        Assert.Equal(isKnown ? null : "clockid", file.LastRejection.Field);
        Assert.Equal(isKnown ? 0ul : 7, answer.EngineCycles);
    }

    [Theory]
    [InlineData(EngineClass.Render, 0, 2, "eci.gt_id")]
    [InlineData(EngineClass.Render, 0, 40, "eci.gt_id")]
    [InlineData(EngineClass.VmBind, 0, 0, "eci.engine_class")]
    [InlineData((EngineClass)6, 0, 0, "eci.engine_class")]
    [InlineData(EngineClass.VideoDecode, 0, 0, "eci.engine_class")]
    [InlineData(EngineClass.VideoDecode, 2, 1, "eci.engine_instance")]
    [InlineData(EngineClass.Render, 1, 0, "eci.engine_instance")]
    [Rule("QRY-004")]
    public void An_engine_that_is_not_there_has_no_cycles(EngineClass engineClass, int instance, int gt, string field)
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        var question = new DrmXeQueryEngineCycles
        {
            Eci = new() { EngineClass = engineClass, EngineInstance = (ushort)instance, GtId = (ushort)gt, Pad = 1 },
            Width = 5,
        };
        Assert.Equal(Errno.EINVAL, Ask(file, question, out DrmXeQueryEngineCycles answer));
        Assert.Equal((field, 5u), (file.LastRejection.Field, answer.Width));
    }

    [Fact]
    [Rule("QRY-004")]
    public void The_second_tile_has_engines_of_its_own()
    {
        using var device = new XeDevice(XePlatforms.Pvc2T);
        var question = new DrmXeQueryEngineCycles { Eci = new() { EngineClass = EngineClass.Compute, GtId = 1 } };
        Assert.Equal(Errno.Ok, Ask(device.OpenFile(), question, out _));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    [Rule("QRY-006")]
    public void The_firmware_that_runs_says_its_version(string name)
    {
        PlatformInfo platform = TestGpu.Named(name);
        using var device = new XeDevice(platform);
        XeFile file = device.OpenFile();
        Assert.Equal(Errno.Ok, Ask(file, new DrmXeQueryUcFwVersion { BranchVer = 9 }, out DrmXeQueryUcFwVersion guc));
        Assert.Equal(
            (0u, platform.GucSubmission), (guc.BranchVer, new FirmwareVersion(guc.MajorVer, guc.MinorVer, guc.PatchVer)));
        Assert.Equal(1u, guc.MajorVer);

        Errno errno = Ask(file, new DrmXeQueryUcFwVersion { UcType = MicrocontrollerType.Huc }, out DrmXeQueryUcFwVersion huc);
        Assert.Equal(platform.Huc is null ? Errno.ENODEV : Errno.Ok, errno);
        Assert.Equal(platform.Huc ?? default, new FirmwareVersion(huc.MajorVer, huc.MinorVer, huc.PatchVer));
        Assert.Equal(platform.Huc is null ? "uc_type" : null, file.LastRejection.Field);
    }

    [Fact]
    [Rule("QRY-006")]
    public void Only_known_microcontrollers_and_no_padding()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        Refused(new DrmXeQueryUcFwVersion { UcType = (MicrocontrollerType)2, Pad = 1, Pad2 = 2, Reserved = 3 }, "pad");
        Refused(new DrmXeQueryUcFwVersion { UcType = (MicrocontrollerType)2, Pad2 = 2, Reserved = 3 }, "pad2");
        Refused(new DrmXeQueryUcFwVersion { UcType = (MicrocontrollerType)2, Reserved = 3 }, "reserved");
        Refused(new DrmXeQueryUcFwVersion { UcType = (MicrocontrollerType)2 }, "uc_type");

        void Refused(DrmXeQueryUcFwVersion question, string field)
        {
            Assert.Equal((Errno.EINVAL, field), (Ask(file, question, out _), file.LastRejection.Field));
        }
    }

    [Fact]
    [Rule("UAPI-011")]
    public void The_raw_request_reads_the_question_from_the_client_and_writes_the_answer_there()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        var memory = new SparseUserMemory();
        file.UserMemory = memory;
        memory.TryWrite(Buffer, [1]);
        var args = new DrmXeDeviceQuery { Query = DeviceQueryId.UcFwVersion, Size = 32, Data = Buffer };
        Assert.Equal(Errno.Ok, file.Ioctl(XeIoctl.DeviceQuery, MemoryMarshal.AsBytes(new Span<DrmXeDeviceQuery>(ref args))));
        Assert.Equal((8ul << 32) | 0, memory.ReadUInt64(Buffer + 4));
        memory.TryWrite(Buffer, [7]);
        Assert.Equal(Errno.EINVAL, file.Ioctl(XeIoctl.DeviceQuery, MemoryMarshal.AsBytes(new Span<DrmXeDeviceQuery>(ref args))));
        Assert.Equal((8ul << 32) | 0, memory.ReadUInt64(Buffer + 4));
    }

    private static Errno Ask<T>(XeFile file, T question, out T answer)
        where T : unmanaged
    {
        DeviceQueryId query = typeof(T) == typeof(DrmXeQueryEngineCycles) ? DeviceQueryId.EngineCycles : DeviceQueryId.UcFwVersion;
        var args = new DrmXeDeviceQuery { Query = query };
        Assert.Equal(Errno.Ok, file.DeviceQuery(ref args));
        answer = question;
        return file.DeviceQuery(ref args, MemoryMarshal.AsBytes(new Span<T>(ref answer)));
    }
}
