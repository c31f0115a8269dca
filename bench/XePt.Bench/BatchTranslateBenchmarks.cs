using BenchmarkDotNet.Attributes;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>P8, batched: random 4 KiB pages of a large set, one by one and in batches of 256.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("P8")]
public class BatchTranslateBenchmarks
{
    private const int Count = 1 << 20;
    private const int Batch = 256;
    private const ulong Va = 1UL << 40;
    private const ulong Gib = 1UL << 30;

    private readonly ulong[] _vas = new ulong[Count];
    private readonly Translation[] _results = new Translation[Batch];
    private XeDevice _device = null!;
    private XeWalker _walker = null!;

    /// <summary>Size of the set. 64 GiB have 128 MiB of leaf tables, which no cache holds.</summary>
    [Params(1, 64)]
    public int SetGib { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _device = new XeDevice(XePlatforms.Bmg);
        XeFile file = _device.OpenFile();
        var create = new DrmXeVmCreate();
        Check(file.VmCreate(ref create));
        var gem = new DrmXeGemCreate { Size = Gib, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(file.GemCreate(ref gem, 0, [new PhysicalRun(1UL << 33, 4096, 1 << 18, 8192)]));
        for (ulong i = 0; i < (ulong)SetGib; i++)
        {
            var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va + (i * Gib), Range = Gib, PatIndex = 2 };
            Check(file.VmBind(new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, Bind = op }));
        }

        var random = new Random(1);
        for (int i = 0; i < Count; i++)
            _vas[i] = Va + ((ulong)random.NextInt64(SetGib * (long)Gib) & ~0xfffUL);
        _walker = file.FindVm(create.VmId)!.OpenWalker();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _walker.Dispose();
        _device.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Count, Description = "one by one")]
    public ulong OneByOne()
    {
        ulong sum = 0;
        foreach (ulong va in _vas)
            sum += _walker.Translate(va).Address;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Count, Description = "P8 batched")]
    public ulong Batched()
    {
        ulong sum = 0;
        for (int at = 0; at < Count; at += Batch)
        {
            _walker.Translate(_vas.AsSpan(at, Batch), _results);
            foreach (ref readonly Translation result in _results.AsSpan())
                sum += result.Address;
        }

        return sum;
    }

    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            throw new InvalidOperationException($"set-up failed: {error}");
    }
}
