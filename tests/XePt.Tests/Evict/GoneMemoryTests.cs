using XePt.Devices;
using XePt.Fences;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Evict;

/// <summary>Random clients whose CPU pages are replaced and taken away, and whose BOs are driven out, while binds wait for fences: what
/// runs never finds memory in the tables that is gone. A page is gone when its fence has signalled; device memory, when somebody else has
/// it, who takes it as soon as it is free.</summary>
public class GoneMemoryTests
{
    [Theory]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.LrMode)]
    [InlineData(VmCreateFlags.LrMode | VmCreateFlags.FaultMode)]
    public void Nothing_that_runs_reaches_memory_that_is_gone(VmCreateFlags mode)
    {
        (int looks, int found) = (0, 0);
        for (int seed = 0; seed < 100; seed++)
        {
            using var client = new Client(mode, seed);
            for (int step = 0; step < 150; step++)
                client.Step();
            (looks, found) = (looks + client.Looks, found + client.Found);
        }

        // Not a test of clients whose calls are all refused.
        Assert.True(looks > 2000 && found > 10_000, $"{looks} looks, {found} pages");
    }

    private sealed class Client : IPreemptibleSink, IDisposable
    {
        private const ulong Page = 4096, Cpu = 0x7f00_0000_0000, Gpu = 0x1_0000_0000, MiB = 1 << 20, BoSize = 64 << 10;
        private const int Pages = 24, Bos = 3, MostOthers = 300;

        private readonly Random _random;
        private readonly bool _isFaultMode;
        private readonly XeDevice _device;
        private readonly XeFile _file;
        private readonly XeVm _vm;
        private readonly ExecQueue _queue;
        private readonly Queue<FenceTimeline> _pending = [];
        private readonly uint[] _bos = new uint[Bos];
        private readonly List<uint> _others = [];
        private readonly ulong[] _frames = new ulong[Pages];
        private readonly Dictionary<ulong, Fence> _gone = [];
        private readonly List<XeJob> _running = [];
        private readonly List<string> _history = [];
        private ulong _next = 0x10_0000_0000;

        public Client(VmCreateFlags mode, int seed)
        {
            _random = new Random(seed);
            _isFaultMode = mode.HasFlag(VmCreateFlags.FaultMode);
            _device = new XeDevice(XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB }, new XeDeviceOptions { JobSink = this });
            _file = _device.OpenFile();
            _vm = _file.CreateVm(mode);
            _queue = _file.Queue(_vm.Id);
            for (int i = 0; i < Bos; i++)
                Assert.True(TryCreate(placement: 3, out _bos[i]));
            for (int i = 0; i < Pages; i++)
                MapPage(i);
        }

        public int Looks { get; private set; }

        public int Found { get; private set; }

        public void Step()
        {
            int first = _random.Next(Pages), pages = _random.Next(1, Pages - first + 1), one = _random.Next(Pages);
            (ulong at, ulong size) = (Gpu + ((ulong)first * Page), (ulong)pages * Page);
            int what = _random.Next(16);
            _history.Add($"{what} {first} {pages} {one}");
            switch (what)
            {
                case 0 or 1:
                    Bind(new() { Op = VmBindOp.MapUserptr, Userptr = Cpu + ((ulong)first * Page), Addr = at, Range = size, PatIndex = 2 });
                    break;
                case 2:
                    Bind(new() { Op = VmBindOp.Unmap, Addr = at, Range = size });
                    break;
                case 3:
                    Bind(new() { Op = VmBindOp.Map, Flags = VmBindFlags.Null, Addr = at, Range = size, PatIndex = 2 });
                    break;
                case 4 or 5:
                    size = Math.Min(size, BoSize);
                    Bind(new() { Op = VmBindOp.Map, Obj = _bos[_random.Next(Bos)], Addr = at, Range = size, PatIndex = 2 });
                    break;
                case 6 or 7:
                    Replace(one);
                    break;
                case 8:
                    if (_frames[one] == 0)
                        MapPage(one);
                    else
                        Remove(one);
                    break;
                case 9:
                    _device.EvictAll();
                    TakeVram();
                    break;
                case 10:
                    foreach (uint other in _others)
                        _file.GemClose(other);
                    _others.Clear();
                    break;
                case 11 or 12:
                    if (_pending.TryDequeue(out FenceTimeline? line))
                        line.TrySignal(1);
                    break;
                case 13:
                    CompleteAll();
                    break;
                case 14 when _isFaultMode:
                    _vm.Fault(at);
                    break;
                default:
                    _file.Exec(new DrmXeExec { ExecQueueId = _queue.Id, NumBatchBuffer = 1, Address = 0x1000 });
                    break;
            }

            if (_isFaultMode || _running.Count > 0)
                Look();
        }

        public void Submit(XeJob job)
        {
            Look();
            _running.Add(job);
        }

        public bool TryPreempt(XeJob job) => _running.Remove(job);

        public void Dispose()
        {
            CompleteAll();
            _device.Dispose();
        }

        private void CompleteAll()
        {
            XeJob[] jobs = [.. _running];
            _running.Clear();
            foreach (XeJob job in jobs)
                job.Complete();
        }

        /// <summary>Some calls wait for a fence, and in fault mode most bind at once.</summary>
        private void Bind(DrmXeVmBindOp op)
        {
            if (_isFaultMode && op.Op != VmBindOp.Unmap && _random.Next(4) != 0)
                op.Flags |= VmBindFlags.Immediate;
            if (_random.Next(2) == 0)
            {
                _file.VmBind(_vm.Id, op);
                return;
            }

            var line = new FenceTimeline("client");
            uint sync = _file.SyncobjCreate();
            Assert.Equal(Errno.Ok, _file.SyncobjAttach(sync, line.At(1)));
            _file.VmBind(_vm.Id, [op], [new DrmXeSync { Type = SyncType.Syncobj, Handle = sync }]);
            _pending.Enqueue(line);
        }

        private void MapPage(int page)
        {
            _frames[page] = _next += Page;
            Assert.True(_file.MapCpuMemory(Cpu + ((ulong)page * Page), new PhysicalRun(_frames[page], Page)));
        }

        private void Replace(int page)
        {
            if (_frames[page] == 0)
                return;
            ulong old = _frames[page];
            _frames[page] = _next += Page;
            Assert.True(_file.ReplaceCpuMemory(Cpu + ((ulong)page * Page), out Fence gone, new PhysicalRun(_frames[page], Page)));
            _gone[old] = gone;
        }

        private void Remove(int page)
        {
            ulong start = Cpu + ((ulong)page * Page);
            Assert.True(_file.UnmapCpuMemory(start));
            _gone[_frames[page]] = _file.InvalidateCpuMemory(AddressRange.OfSize(start, Page));
            _frames[page] = 0;
        }

        /// <summary>Others take what there is of device memory, and drive out who is in it.</summary>
        private void TakeVram()
        {
            while (_others.Count < MostOthers && TryCreate(placement: 2, out uint other))
                _others.Add(other);
        }

        private bool TryCreate(uint placement, out uint handle)
        {
            var gem = new DrmXeGemCreate { Size = BoSize, Placement = placement, CpuCaching = CpuCaching.WriteCombined };
            Errno error = _file.GemCreate(ref gem);
            handle = gem.Handle;
            return error == Errno.Ok;
        }

        private void Look()
        {
            Looks++;
            for (ulong at = Gpu; at < Gpu + (Pages * Page); at += Page)
            {
                Translation found = _vm.Translate(at);
                if (found.Status != TranslationStatus.Mapped)
                    continue;
                Found++;
                bool isGone = found.IsDeviceMemory ? IsOfOthers(found.Address)
                    : _gone.TryGetValue(found.Address, out Fence fence) && fence.IsSignalled;
                if (isGone)
                    Assert.Fail($"{found} is gone after:\n{string.Join('\n', _history)}");
            }
        }

        private bool IsOfOthers(ulong address) => _others.Any(handle => _file.FindBo(handle) is { Region: 1 } bo
            && _vm.Context.BoFences.Find(bo.Number)?.IsIdle(FenceUsage.Kernel) != false
            && bo.Segments.Any(run => address - _device.Memory.Regions[1].AddressBias - run.Address < run.Size));
    }
}
