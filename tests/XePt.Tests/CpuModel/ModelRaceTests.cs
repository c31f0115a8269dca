using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>Threads that change memory against threads that collect it, as a driver does, and write through what they have.</summary>
public class ModelRaceTests
{
    private const int Pages = 8;
    private const int Rounds = 4000;

    [Fact]
    [Rule("HST-006")]
    [Rule("HST-007")]
    [Rule("HST-012")]
    public async Task Nobody_reaches_a_page_after_the_change_that_took_it_away()
    {
        using var p = new TestProcess();
        p.Process.Map(AddressRange.OfSize(Base, Pages * Page), CpuProtection.ReadWrite);
        Gpu[] gpus = [new(p.Process, 1), new(p.Process, 2)];
        Task[] gpuTasks = [.. gpus.Select(gpu => Task.Run(gpu.Run))];
        Task[] cpuTasks = [.. Enumerable.Range(0, 2).Select(seed => Task.Run(() => Change(p.Process, seed)))];
        await Task.WhenAll(cpuTasks);
        await Task.WhenAll(gpuTasks);
        Assert.All(gpus, gpu => Assert.True(gpu.Writes > 0));
        foreach (Gpu gpu in gpus)
            p.Process.Unsubscribe(gpu);
        p.Events.Clear();
    }

    private static void Change(ModelProcess process, int seed)
    {
        var random = new Random(seed);
        var device = new TestDevice(new object());
        for (int i = 0; i < Rounds; i++)
        {
            ulong start = Base + ((ulong)random.Next(Pages) * Page);
            switch (random.Next(6))
            {
                case 0:
                    Assert.Equal(Errno.Ok, process.Discard(AddressRange.OfSize(start, Page)));
                    break;
                case 1:
                    Assert.Equal(Errno.Ok, process.Map(AddressRange.OfSize(start, Page), CpuProtection.ReadWrite));
                    break;
                case 2:
                    Errno error = device.Migrate(process, start, start + Page);
                    Assert.True(error is Errno.Ok or Errno.EBUSY, error.ToString());
                    break;
                case 3:
                    Assert.Equal(Errno.Ok, process.Fork(out ModelProcess? child));
                    child!.Dispose();
                    break;
                default:
                    Assert.Equal(Errno.Ok, process.Write(start, [1]));
                    break;
            }
        }
    }

    /// <summary>Holds one page at a time, and lets go of it in the callback.</summary>
    private sealed class Gpu : CpuSubscription
    {
        private readonly ModelProcess _process;
        private readonly Random _random;
        private readonly CpuPageList _list = new();
        private readonly Lock _lock = new();
        private ulong _frame;

        public Gpu(ModelProcess process, int seed)
        {
            (_process, _random) = (process, new Random(100 + seed));
            process.Subscribe(this, AddressRange.OfSize(Base, Pages * Page));
        }

        public int Writes { get; private set; }

        public override bool Invalidate(in CpuChange change)
        {
            lock (_lock)
                _frame = 0;
            return true;
        }

        public void Run()
        {
            for (int i = 0; i < Rounds; i++)
            {
                Collect(Base + ((ulong)_random.Next(Pages) * Page));
                for (int use = 0; use < 4; use++)
                    Use();
            }
        }

        private void Collect(ulong start)
        {
            ulong sequence = _process.ReadBegin(this);
            if (_process.FaultIn(AddressRange.OfSize(start, Page), write: true, null, _list) != Errno.Ok)
                return;
            lock (_lock)
            {
                if (!_process.ReadRetry(this, sequence))
                    _frame = _list.Runs[0].Frame;
            }
        }

        // While it holds the lock nobody has been told that it lets go: the frame must be in use.
        private void Use()
        {
            lock (_lock)
            {
                if (_frame == 0)
                    return;
                Assert.True(_process.Frames.TryWrite(_frame + 8, [7]));
                Writes++;
            }
        }
    }
}
