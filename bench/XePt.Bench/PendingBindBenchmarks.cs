using BenchmarkDotNet.Attributes;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>What a bind costs behind many others that wait for one fence, its share of the signal included: per bind, with few and many in
/// flight. The ratio says how the cost grows; it should grow with the logarithm at most.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("Calls")]
public class PendingBindBenchmarks
{
    private const int Few = 500, Many = 8000;
    private const ulong Va = 1UL << 40, Page = 4096;

    private XeDevice _device = null!;
    private XeFile _file = null!;
    private DrmXeVmBind _map;
    private uint _sync;
    private DrmXeSync[] _in = [];

    [GlobalSetup]
    public void Setup()
    {
        _device = new XeDevice(XePlatforms.Bmg);
        _file = _device.OpenFile();
        var create = new DrmXeVmCreate();
        _file.VmCreate(ref create);
        _map = new DrmXeVmBind
        {
            VmId = create.VmId,
            NumBinds = 1,
            Bind = new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va, Range = Page }
        };
        _sync = _file.SyncobjCreate();
        _in = [new DrmXeSync { Handle = _sync }];
    }

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Few, Description = "one page, 500 in flight")]
    public void FewOfOnePage() => BindAndSignal(Few, 0);

    [Benchmark(OperationsPerInvoke = Many, Description = "one page, 8000 in flight")]
    public void ManyOfOnePage() => BindAndSignal(Many, 0);

    [Benchmark(OperationsPerInvoke = Few, Description = "pages of their own, 500 in flight")]
    public void FewPages() => BindAndSignal(Few, Page);

    [Benchmark(OperationsPerInvoke = Many, Description = "pages of their own, 8000 in flight")]
    public void ManyPages() => BindAndSignal(Many, Page);

    private void BindAndSignal(int binds, ulong apart)
    {
        Fence fence = _device.CreateFence("bench");
        _file.SyncobjAttach(_sync, fence);
        DrmXeVmBind call = _map;
        call.NumSyncs = 1;
        for (int i = 0; i < binds; i++)
        {
            call.Bind.Addr = Va + ((ulong)i * apart);
            Errno error = _file.VmBind(call, default, _in);
            if (error != Errno.Ok)
                throw new InvalidOperationException($"{error}");
        }

        fence.TrySignal();
    }
}
