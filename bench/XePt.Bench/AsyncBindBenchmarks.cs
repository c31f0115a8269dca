using BenchmarkDotNet.Attributes;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>What it costs that a bind could wait: bind + unbind of one page on an idle VM, inline without syncs, on a device driven by
/// queues with a signalled in-sync, and with an in-sync that signals after the call.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("Calls")]
public class AsyncBindBenchmarks
{
    private Side _inline = null!, _queued = null!;

    [GlobalSetup]
    public void Setup() => (_inline, _queued) = (new Side(DriveMode.Inline), new Side(DriveMode.Queued));

    [GlobalCleanup]
    public void Cleanup()
    {
        _inline.Dispose();
        _queued.Dispose();
    }

    [Benchmark(Baseline = true, Description = "inline, no syncs")]
    public void Inline() => _inline.BindAndUnbind(waits: false);

    [Benchmark(Description = "queued, signalled in-sync")]
    public void QueuedSignalled() => _queued.BindAndUnbind(waits: true);

    [Benchmark(Description = "inline, signalled after the call")]
    public void InlineDeferred() => _inline.DeferAndSignal();

    [Benchmark(Description = "queued, signalled after the call, pumped")]
    public void QueuedDeferred() => _queued.DeferAndSignal();

    private sealed class Side : IDisposable
    {
        private readonly XeDevice _device;
        private readonly XeFile _file;
        private readonly DrmXeVmBind _map, _unmap;
        private readonly DrmXeSync[] _in;
        private readonly uint _signalled, _pending;

        public Side(DriveMode drive)
        {
            _device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Drive = drive });
            _file = _device.OpenFile();
            var create = new DrmXeVmCreate();
            _file.VmCreate(ref create);
            _map = new DrmXeVmBind
            {
                VmId = create.VmId,
                NumBinds = 1,
                Bind = new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = 1UL << 40, Range = 4096 }
            };
            _unmap = new DrmXeVmBind
            {
                VmId = create.VmId,
                NumBinds = 1,
                Bind = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = 1UL << 40, Range = 4096 }
            };
            (_signalled, _pending) = (_file.SyncobjCreate(signalled: true), _file.SyncobjCreate());
            _in = [new DrmXeSync()];
        }

        public void BindAndUnbind(bool waits)
        {
            _in[0].Handle = _signalled;
            Call(_map, waits);
            Call(_unmap, waits);
        }

        public void DeferAndSignal()
        {
            Fence fence = _device.CreateFence("bench");
            _file.SyncobjAttach(_pending, fence);
            _in[0].Handle = _pending;
            Call(_map, waits: true);
            Call(_unmap, waits: true);
            fence.TrySignal();
            _device.Pump();
        }

        public void Dispose() => _device.Dispose();

        private void Call(in DrmXeVmBind args, bool waits)
        {
            DrmXeVmBind call = args;
            call.NumSyncs = waits ? 1u : 0;
            Errno error = _file.VmBind(call, default, waits ? _in : default);
            if (error != Errno.Ok)
                throw new InvalidOperationException($"{error}");
        }
    }
}
