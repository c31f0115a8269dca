using BenchmarkDotNet.Attributes;
using XePt.Devices;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>Fences and syncobjs alone, on one thread; P12 wants 0 B everywhere.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("P12")]
public class FenceBenchmarks
{
    private readonly FenceTimeline _line = new("line");
    private readonly FencePool _pool = new("fence");
    private readonly LegPool _legs = new();
    private readonly FenceSet _set = new();
    private FenceComposites _composites = null!;
    private XeDevice _device = null!;
    private XeFile _file = null!;
    private uint _binary;
    private uint _timeline;
    private ulong _point;
    private Fence _signalled;

    /// <summary>Makes a device with two syncobjs.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _composites = new FenceComposites(_legs, "all");
        _device = new XeDevice(XePlatforms.Lnl);
        _file = _device.OpenFile();
        _binary = _file.SyncobjCreate(signalled: true);
        _timeline = _file.SyncobjCreate();
        _signalled = _pool.Create();
        _signalled.TrySignal();
    }

    /// <summary>Frees the device.</summary>
    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();

    /// <summary>The yardstick: one interlocked operation.</summary>
    [Benchmark(Baseline = true)]
    public ulong Interlocked_increment() => Interlocked.Increment(ref _point);

    /// <summary>A point of a queue.</summary>
    [Benchmark]
    public bool Create_and_signal_a_point() => _line.Next().TrySignal();

    /// <summary>An independent fence.</summary>
    [Benchmark]
    public bool Create_and_signal_a_pooled_fence() => _pool.Create().TrySignal();

    /// <summary>A callback that fires.</summary>
    [Benchmark]
    public bool Await_and_signal()
    {
        Fence fence = _line.Next();
        ValueTask<Errno> wait = fence.WaitAsync();
        fence.TrySignal();
        return wait.IsCompleted && wait.Result == Errno.Ok;
    }

    /// <summary>The common case of a wait.</summary>
    [Benchmark]
    public bool Wait_for_a_signalled_fence() => _signalled.Wait(Timeout.InfiniteTimeSpan);

    /// <summary>Two fences into one, and their signals.</summary>
    [Benchmark]
    public bool Compose_two_and_signal()
    {
        Fence first = _pool.Create(), second = _pool.Create();
        _set.Clear();
        _set.Add(first);
        _set.Add(second);
        Fence all = _composites.Of(_set);
        first.TrySignal();
        second.TrySignal();
        return all.IsSignalled;
    }

    /// <summary>SYNCOBJ_SIGNAL and SYNCOBJ_WAIT, typed.</summary>
    [Benchmark]
    public Errno Signal_and_wait_for_a_syncobj()
    {
        _file.SyncobjSignal(_binary);
        var args = new DrmSyncobjWait { CountHandles = 1 };
        return _file.SyncobjWait(ref args, [_binary]);
    }

    /// <summary>SYNCOBJ_TIMELINE_SIGNAL and SYNCOBJ_TIMELINE_WAIT, typed.</summary>
    [Benchmark]
    public Errno Signal_and_wait_for_a_point()
    {
        ulong point = ++_point;
        _file.SyncobjTimelineSignal(new DrmSyncobjTimelineArray { CountHandles = 1, Points = 1 }, [_timeline], [point]);
        var args = new DrmSyncobjTimelineWait { CountHandles = 1, Points = 1 };
        return _file.SyncobjTimelineWait(ref args, [_timeline], [point]);
    }

    /// <summary>WAIT_USER_FENCE whose condition holds.</summary>
    [Benchmark]
    public Errno Wait_for_a_user_fence()
    {
        var args = new DrmXeWaitUserFence { Addr = 0x1000, Timeout = -1 };
        return _file.WaitUserFence(ref args);
    }
}
