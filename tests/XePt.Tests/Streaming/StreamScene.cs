using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Streaming;

/// <summary>A device with a command streamer, a VM with room for batches and for data, and a queue.</summary>
internal sealed class StreamScene : IDisposable
{
    public const ulong Code = 0x100_0000, Data = 0x200_0000, Size = 0x20_0000;

    public StreamScene(
        PlatformInfo? platform = null, VmCreateFlags mode = VmCreateFlags.None, EngineClass engine = EngineClass.Copy,
        CommandStreamerOptions? options = null, DriveMode drive = DriveMode.Inline)
    {
        Streamer = new CommandStreamer(options);
        Device = new XeDevice(
            platform ?? XePlatforms.Lnl, new XeDeviceOptions { JobSink = Streamer, Drive = drive, SingleThreaded = true });
        File = Device.OpenFile();
        Vm = File.CreateVm(mode);
        CodeBo = File.CreateBo(Size);
        DataBo = File.CreateBo(Size);
        VmBindFlags now = mode.HasFlag(VmCreateFlags.FaultMode) ? VmBindFlags.Immediate : VmBindFlags.None;
        Vm.Map(CodeBo, Code, now);
        Vm.Map(DataBo, Data, now);
        Queue = NewQueue(engine);
    }

    public CommandStreamer Streamer { get; }

    public XeDevice Device { get; }

    public VirtualClock Clock => (VirtualClock)Device.Clock;

    public XeFile File { get; }

    public XeVm Vm { get; }

    public XeBo CodeBo { get; }

    public XeBo DataBo { get; }

    public ExecQueue Queue { get; }

    public ExecQueue NewQueue(EngineClass engine = EngineClass.Copy) =>
        File.CreateQueue(Vm, Device.Platform.Engines.First(found => found.EngineClass == engine));

    /// <summary>Puts a batch into memory.</summary>
    public void Put(BatchWords words, ulong at = Code)
    {
        GpuAccess access = Vm.Write(at, MemoryMarshal.AsBytes(words.Words));
        Assert.True(access.IsDone, access.ToString());
    }

    /// <summary>Puts a batch into memory and submits it.</summary>
    /// <returns>The fence of the job.</returns>
    public Fence Submit(BatchWords words, ulong at = Code, ExecQueue? queue = null)
    {
        Put(words, at);
        return Submit(queue ?? Queue, at);
    }

    public Fence Submit(ExecQueue queue, params ReadOnlySpan<ulong> batches)
    {
        Assert.True(File.Exec(queue.Id, batches) == Errno.Ok, File.LastRejection.ToString());
        return queue.Jobs!.Last;
    }

    /// <summary>Runs a batch that must come to its end at once.</summary>
    public void Run(BatchWords words, ulong at = Code)
    {
        Fence fence = Submit(words.End(), at);
        while (!fence.IsSignalled && Streamer.Run().HasProgressed)
        {
        }

        Assert.True(fence is { IsSignalled: true, Error: Errno.Ok }, Streamer.LastFailure.ToString());
    }

    /// <summary>A batch that must fail; why.</summary>
    public StreamerFailure Fail(BatchWords words, ulong at = Code)
    {
        Fence fence = Submit(words, at);
        Assert.Equal((true, Errno.ETIME), (fence.IsSignalled, fence.Error));
        Assert.True(Queue.IsReset);
        return Streamer.LastFailure;
    }

    /// <summary>A dword of the data.</summary>
    public uint this[ulong offset]
    {
        get => Vm.Read<uint>(Data + offset);
        set => Vm.Write(Data + offset, value);
    }

    /// <summary>A qword of the data.</summary>
    public ulong Wide(ulong offset) => Vm.Read<ulong>(Data + offset);

    public void SetWide(ulong offset, ulong value) => Vm.Write(Data + offset, value);

    public void Dispose() => Device.Dispose();
}
