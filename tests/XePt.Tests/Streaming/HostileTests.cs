using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Batches that nobody should write: precise reasons, no crash, no hang.</summary>
public class HostileTests
{
    public static TheoryData<uint> Short => [
        0x0e00_0000, 0x1000_0000, 0x1200_0000, 0x1480_0000, 0x1700_0000, 0x1880_0000, 0x1b20_0000, 0x5040_0000,
        0x5080_0000, 0x5680_0000, 0x56c0_0000, 0x7a00_0000];

    [Theory]
    [InlineData(0x2000_0000)]
    [InlineData(0x8000_0000)]
    [InlineData(0xc000_0000)]
    [InlineData(0xffff_ffff)]
    [InlineData(0x6200_0000)]
    [InlineData(0x7c00_0000)]
    public void A_header_of_no_command_ends_the_queue(uint header)
    {
        using var scene = new StreamScene();
        StreamerFailure failure = scene.Fail(new BatchWords().Noop().Add(header));
        Assert.Equal((StreamerFailureKind.BadHeader, Code + 4, header), (failure.Kind, failure.Head, failure.Header));
    }

    [Theory, MemberData(nameof(Short))]
    public void An_instruction_that_is_too_short_ends_the_queue(uint header)
    {
        using var scene = new StreamScene();
        StreamerFailure failure = scene.Fail(new BatchWords().Add(header).Add(new uint[40]).End());
        Assert.Equal((StreamerFailureKind.BadLength, header), (failure.Kind, failure.Header));
        Assert.Contains(" is too short (0x", failure.ToString());
    }

    [Theory, Rule("RN-046")]
    [InlineData("fetch")]
    [InlineData("write")]
    [InlineData("read")]
    [InlineData("atomic")]
    [InlineData("range")]
    [InlineData("read-only")]
    public void Memory_that_is_not_there_resets_the_queue_and_says_what_and_where(string what)
    {
        using var scene = new StreamScene();
        scene.Vm.Map(scene.CodeBo, 0x300_0000, VmBindFlags.ReadOnly);
        (BatchWords words, ulong address, GpuAccessKind kind, GpuAccessStatus status) = what switch
        {
            "fetch" => (new BatchWords().Jump(0x900_0000), 0x900_0000ul, GpuAccessKind.Read, GpuAccessStatus.NotPresent),
            "write" => (new BatchWords().Store(0x900_0000, 1u), 0x900_0000ul, GpuAccessKind.Write, GpuAccessStatus.NotPresent),
            "read" => (new BatchWords().LoadFrom(General(0), 0x900_0004), 0x900_0004ul, GpuAccessKind.Read, GpuAccessStatus.NotPresent),
            "atomic" => (new BatchWords().Add(0x1780_0501, 0x900_0000, 0), 0x900_0000ul, GpuAccessKind.Atomic, GpuAccessStatus.NotPresent),
            "range" => (new BatchWords().Store(0xffff_0000_0000, 1u), 0xffff_0000_0000ul, GpuAccessKind.Write, GpuAccessStatus.NotPresent),
            _ => (new BatchWords().Store(0x300_0000, 1u), 0x300_0000ul, GpuAccessKind.Write, GpuAccessStatus.ReadOnly),
        };
        StreamerFailure failure = scene.Fail(words.End());
        Assert.Equal((StreamerFailureKind.Memory, address, kind, status), (
            failure.Kind, failure.Address, failure.AccessKind, failure.Access.Status));
        Assert.Contains($" at 0x{address:x}: ", failure.ToString());

        // As the driver has it afterwards.
        Assert.Equal(Errno.ECANCELED, scene.File.Exec(scene.Queue.Id, Code));
        var property = new DrmXeExecQueueGetProperty { ExecQueueId = scene.Queue.Id, Property = ExecQueueReadableProperty.Ban };
        Assert.Equal((Errno.Ok, 1ul), (scene.File.ExecQueueGetProperty(ref property), property.Value));
    }

    [Fact]
    public void A_scratch_vm_swallows_what_goes_astray()
    {
        using var scene = new StreamScene(mode: VmCreateFlags.ScratchPage);
        scene.Run(new BatchWords().Store(0x900_0000, 1u).LoadFrom(General(0), 0x900_0000).StoreRegister(General(0), Data)
            .Store(Data + 4, 1u));
        Assert.Equal((0u, 1u), (scene[0], scene[4]));

        // A batch that is nothing but zeros is worked through until its time is up.
        Fence lost = scene.Submit(scene.Queue, 0x900_0000);
        scene.Clock.Advance(6_000_000_000);
        Assert.Equal((true, Errno.ETIME), (lost.IsSignalled, lost.Error));
    }

    [Fact]
    public void An_observer_that_throws_ends_the_job_and_comes_out()
    {
        bool throws = false;
        using var scene = new StreamScene(options: new CommandStreamerOptions { RunsByItself = false, Accessing = Look });
        void Look(StreamerAccess access)
        {
            if (throws)
                throw new InvalidDataException("observer");
        }

        Fence fence = scene.Submit(new BatchWords().Store(Data, 1u).End());
        throws = true;
        Assert.Throws<InvalidDataException>(() => scene.Streamer.Run());
        Assert.Equal((true, 0, StreamerFailureKind.Exception), (
            fence.IsSignalled, scene.Streamer.JobCount, scene.Streamer.LastFailure.Kind));
        throws = false;
        fence = scene.Submit(scene.NewQueue(), Code);
        scene.Streamer.Run();
        Assert.Equal((true, Errno.Ok), (fence.IsSignalled, fence.Error));
    }

    [Theory]
    [InlineData("lnl", 1)]
    [InlineData("dg2", 2)]
    [InlineData("tgl", 3)]
    public void Random_dwords_end_one_way_or_the_other(string platform, int seed)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? found));
        var random = new Random(seed);
        uint[] headers = [.. EngineInsides.Instructions.Select(row => row.Header)];
        EngineClass[] engines = [EngineClass.Copy, EngineClass.Render, EngineClass.VideoDecode];
        for (int round = 0; round < 150; round++)
        {
            using var scene = new StreamScene(found, round % 4 == 0 ? VmCreateFlags.ScratchPage : VmCreateFlags.None, engines[round % 3]);
            uint[] words = [.. Enumerable.Range(0, 2000).Select(_ => Word(random, headers))];
            scene.Vm.Write(Code, MemoryMarshal.AsBytes(words.AsSpan()));
            Fence fence = scene.Submit(scene.Queue, Code);
            for (int i = 0; i < 20 && !fence.IsSignalled; i++)
                scene.Streamer.Run(5_000);
            if (!fence.IsSignalled)
                scene.Queue.Reset();
            Assert.Equal((true, 0), (fence.IsSignalled, scene.Streamer.JobCount));

            // And nobody else has noticed.
            Fence good = scene.Submit(new BatchWords().Store(Data, 0x600du).End(), Code, scene.NewQueue());
            Assert.Equal((true, Errno.Ok, 0x600du), (good.IsSignalled, good.Error, scene[0]));
        }
    }

    // Headers with small lengths and any flags, addresses that are there or not, and anything at all.
    private static uint Word(Random random, uint[] headers) => random.Next(8) switch
    {
        0 or 1 or 2 => headers[random.Next(headers.Length)] | (uint)random.Next(12) | ((uint)random.Next() & 0x003f_0000),
        3 => (uint)(random.Next(2) == 0 ? Data : Code) + ((uint)random.Next(0x1000) & ~3u),
        4 => 0,
        5 => (uint)random.Next(16),
        6 => 0x600 + ((uint)random.Next(32) * 4),
        _ => (uint)random.NextInt64(),
    };
}
