using System.Runtime.InteropServices;
using System.Text;
using XePt.Native;
using XePt.Tests.Streaming;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>A device that runs the batches of its jobs itself.</summary>
public sealed unsafe class BatchTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000, Batch = Va + 0x8000;

    private readonly DeviceHandle _device;
    private readonly ClientHandle _client;
    private readonly uint _vm, _queue;
    private readonly byte* _cpu;

    public BatchTests()
    {
        const DeviceFlags Flags = DeviceFlags.BoFiles | DeviceFlags.RunsBatches;
        _device = Abi.CreateDevice("bmg", new DeviceOptions { Drive = (uint)DriveMode.Queued, Flags = (uint)Flags });
        _client = Abi.OpenClient(_device);
        _vm = Abi.CreateVm(_client);
        uint bo = Abi.CreateBo(_client, 1 << 16, placement: 2);
        Abi.Map(_client, _vm, bo, Va, 1 << 16);
        Pump();
        delegate* unmanaged<ClientHandle, uint, void**, int> map = &ClientExports.BoMap;
        void* at;
        Assert.Equal(0, map(_client, bo, &at));
        _cpu = (byte*)at;
        var engine = new DrmXeEngineClassInstance { EngineClass = EngineClass.Copy };
        var args = new DrmXeExecQueueCreate { VmId = _vm, Width = 1, NumPlacements = 1, Instances = (ulong)&engine };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.ExecQueueCreate, ref args));
        _queue = args.ExecQueueId;
    }

    public void Dispose()
    {
        Abi.Destroy(_device);
        Assert.Equal(0, LibC.Unmap((nint)_cpu, 1 << 16));
    }

    [Fact]
    public void A_batch_stores_where_its_vm_leads()
    {
        Assert.Equal((0, 0u), Run());
        Write(new BatchWords().Store(Va + 0x10, 0xc0ffeeu).End());
        Exec();
        Assert.Equal((1, 0u), Run());
        Assert.Equal(0xc0ffeeu, *(uint*)(_cpu + 0x10));
        Assert.Equal((0, 0u), Run());
    }

    [Fact]
    public void One_that_waits_does_not_progress_until_memory_says_so()
    {
        // MI_SEMAPHORE_WAIT: polls until the dword is greater than or equal to 1.
        Write(new BatchWords().Add(0x0e00_9002, 1, 0x20, (uint)(Va >> 32)).Store(Va + 0x10, 5u).End());
        Exec();
        for (int i = 0; i < 3; i++)
            Run();
        Assert.Equal((0, 1u), Run());
        *(uint*)(_cpu + 0x20) = 1;
        Assert.Equal((1, 0u), Run());
        Assert.Equal(5u, *(uint*)(_cpu + 0x10));
    }

    [Fact]
    public void Only_a_device_that_was_asked_for_it_runs_batches()
    {
        DeviceHandle other = Abi.CreateDevice("bmg");
        delegate* unmanaged<DeviceHandle, long, uint*, int> run = &DeviceExports.RunBatches;
        uint jobs = 7;
        Assert.Equal(((int)Errno.EINVAL, 7u), (run(other, 100, &jobs), jobs));
        Abi.Destroy(other);
    }

    [Fact]
    public void Either_the_library_runs_them_or_the_program_does()
    {
        var options = new DeviceOptions { Size = (uint)sizeof(DeviceOptions), Flags = (uint)DeviceFlags.RunsBatches, Submit = &Submit };
        DeviceHandle device;
        delegate* unmanaged<byte*, DeviceOptions*, DeviceHandle*, int> create = &DeviceExports.Create;
        fixed (byte* name = "bmg\0"u8)
            Assert.Equal((int)Errno.EINVAL, create(name, &options, &device));
    }

    [UnmanagedCallersOnly]
    private static void Submit(void* user, JobInfo* job) => throw new InvalidOperationException();

    private void Write(BatchWords batch) =>
        MemoryMarshal.AsBytes(batch.Words).CopyTo(new Span<byte>(_cpu + (int)(Batch - Va), batch.Bytes));

    private void Exec()
    {
        var args = new DrmXeExec { ExecQueueId = _queue, NumBatchBuffer = 1, Address = Batch };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.Exec, ref args));
        Pump();
    }

    private void Pump()
    {
        delegate* unmanaged<DeviceHandle, int, int> pump = &DeviceExports.Pump;
        while (pump(_device, int.MaxValue) is var ran && ran != 0)
            Assert.InRange(ran, 1, int.MaxValue);
    }

    private (int Result, uint Jobs) Run()
    {
        uint jobs = 99;
        delegate* unmanaged<DeviceHandle, long, uint*, int> run = &DeviceExports.RunBatches;
        int result = run(_device, 10_000, &jobs);
        Pump();
        return (result, jobs);
    }
}
