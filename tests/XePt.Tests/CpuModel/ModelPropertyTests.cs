using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>
/// Random mixes of everything that happens to memory, against a plain model: for each page of each process what it is mapped as and what is
/// in it. A device maps pages as a driver does, holds on to them until it is told, and writes through what it holds: so a change that it is
/// not told of loses a write, or writes to a frame that is gone.
/// </summary>
public class ModelPropertyTests
{
    private const int Pages = 1400;
    private const int Words = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Every_byte_is_that_of_a_plain_model(int seed)
    {
        using var world = new World(seed);
        world.Run(30_000);
    }

    /// <summary>What a page shows, and whom it shares it with.</summary>
    private sealed class Content
    {
        public readonly ulong[] Words = new ulong[ModelPropertyTests.Words];

        public Content Copy()
        {
            var copy = new Content();
            Words.CopyTo(copy.Words, 0);
            return copy;
        }
    }

    /// <summary>A mapped page of the plain model. A page of a file is the file's until it is written.</summary>
    private sealed class PlainPage
    {
        public CpuProtection Protection;
        public CpuVmaKind Kind;
        public Content[]? File;
        public int FilePage;
        public Content? Own;

        public Content Shown => Own ?? (File is not null ? File[FilePage] : Own = new Content());

        public Content Written => Kind == CpuVmaKind.Shared ? File![FilePage] : Own ??= File?[FilePage].Copy() ?? new Content();

        public PlainPage Copy() => new()
        {
            Protection = Protection,
            Kind = Kind,
            File = File,
            FilePage = FilePage,
            Own = Own?.Copy(),
        };
    }

    /// <summary>A process, its plain twin, and a device that maps some of its pages.</summary>
    private sealed class Twin(ModelProcess process)
    {
        public ModelProcess Process { get; } = process;

        public PlainPage?[] Plain { get; private init; } = new PlainPage?[Pages];

        public Mapper Mapper { get; } = new(process);

        public Twin Fork(ModelProcess child) => new(child) { Plain = [.. Plain.Select(page => page?.Copy())] };
    }

    /// <summary>Maps pages of a process and writes through what it has mapped, as a GPU does.</summary>
    private sealed class Mapper : CpuSubscription
    {
        private readonly ModelProcess _process;
        private readonly CpuPageList _list = new();
        private readonly Dictionary<ulong, CpuPageRun> _mapped = [];

        public Mapper(ModelProcess process)
        {
            _process = process;
            process.Subscribe(this, AddressRange.OfSize(Base, Pages * Page));
        }

        public override bool Invalidate(in CpuChange change)
        {
            for (ulong at = change.Range.Start; at < change.Range.End; at += Page)
                _mapped.Remove(at);
            return true;
        }

        public Errno Map(ulong start, ulong end, bool write, object? owner)
        {
            Errno error;
            ulong sequence;
            do
            {
                sequence = _process.ReadBegin(this);
                error = _process.FaultIn(new AddressRange(start, end), write, owner, _list);
            }
            while (_process.ReadRetry(this, sequence));
            if (error != Errno.Ok)
                return error;
            ulong at = start;
            foreach (CpuPageRun run in _list.Runs)
            {
                Assert.Equal(at, run.Address);
                for (int i = 0; i < run.Pages; i++, at += Page)
                {
                    _mapped[at] = run.Kind == CpuPageKind.Device
                        ? CpuPageRun.Device(at, 1, run.Block!, run.FirstPage + i)
                        : CpuPageRun.System(at, 1, run.Frame + ((ulong)i << 12), 0, write && run.IsWritable);
                }
            }

            Assert.Equal(end, at);
            return Errno.Ok;
        }

        /// <summary>Reads a word through what is mapped; null when nothing is.</summary>
        public ulong? Read(ulong page, int offset)
        {
            if (!_mapped.TryGetValue(page, out CpuPageRun run))
                return null;
            var word = new byte[8];
            if (run.Block is TestBlock block)
                block.Bytes(run.FirstPage).Slice(offset, 8).CopyTo(word);
            else
                Assert.True(_process.Frames.TryRead(run.Frame + (ulong)offset, word));
            return BitConverter.ToUInt64(word);
        }

        /// <summary>Writes a word; false when it may not.</summary>
        public bool Write(ulong page, int offset, ulong value)
        {
            if (!_mapped.TryGetValue(page, out CpuPageRun run) || (run.Block is null && !run.IsWritable))
                return false;
            if (run.Block is TestBlock block)
                BitConverter.TryWriteBytes(block.Bytes(run.FirstPage)[offset..], value);
            else
                Assert.True(_process.Frames.TryWrite(run.Frame + (ulong)offset, BitConverter.GetBytes(value)));
            return true;
        }
    }

    private sealed class World : IDisposable
    {
        private static readonly CpuProtection[] Protections = [CpuProtection.None, CpuProtection.Read, CpuProtection.ReadWrite];

        private readonly Random _random;
        private readonly ModelMemory _memory;
        private readonly List<Twin> _twins = [];
        private readonly object _owner = new();
        private readonly TestDevice _device, _foreign;
        private readonly ModelFile _file;
        private readonly Content[] _content = [.. Enumerable.Range(0, Pages).Select(_ => new Content())];
        private readonly CpuPageList _list = new();
        private ulong _value;

        public World(int seed)
        {
            _random = new Random(seed);
            _memory = new ModelMemory(new ModelMemoryOptions { ScattersFrames = seed % 2 == 0 });
            _twins.Add(new Twin(new ModelProcess(_memory)));
            _device = new TestDevice(_owner);
            _foreign = new TestDevice(new object());
            _file = _memory.CreateFile(Pages * Page);
        }

        public void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                Step(_twins[_random.Next(_twins.Count)]);
                if (i % 4000 == 3999)
                    _twins.ForEach(Check);
            }

            foreach (Twin twin in _twins)
            {
                twin.Process.Unsubscribe(twin.Mapper);
                twin.Process.Dispose();
            }

            _file.Dispose();
            Assert.Equal(0, _memory.UsedBytes);
            Assert.Equal(0, _memory.WrittenBytes);
            Assert.Empty(_device.Blocks);
            Assert.Empty(_foreign.Blocks);
        }

        public void Dispose() => _memory.Dispose();

        private void Step(Twin twin)
        {
            (int first, int end) = Interval();
            switch (_random.Next(100))
            {
                case < 3:
                    Map(twin, first, end);
                    break;
                case < 5:
                    Assert.Equal(Errno.Ok, twin.Process.Unmap(AddressRange.OfSize(At(first), SizeOf(first, end))));
                    twin.Plain.AsSpan(first, end - first).Clear();
                    break;
                case < 8:
                    Protect(twin, first, end);
                    break;
                case < 10:
                    Discard(twin, first, end);
                    break;
                case < 11:
                    Move(twin, first, end);
                    break;
                case < 12:
                    ForkOrExit(twin);
                    break;
                case < 15:
                    Migrate(twin, first, end);
                    break;
                case < 17:
                    Evict();
                    break;
                case < 20:
                    Touch(twin, first, end);
                    break;
                case < 21:
                    twin.Process.SetPinned(new AddressRange(At(first), At(end)), _random.Next(3) == 0);
                    break;
                case < 40:
                    MapOnDevice(twin, first, end);
                    break;
                case < 55:
                    DeviceWrite(twin, first);
                    break;
                case < 65:
                    DeviceRead(twin, first);
                    break;
                case < 85:
                    Write(twin, first);
                    break;
                default:
                    Read(twin, first);
                    break;
            }
        }

        private void Map(Twin twin, int first, int end)
        {
            var kind = (CpuVmaKind)_random.Next(4);
            CpuProtection protection = Protections[_random.Next(Protections.Length)];
            ModelFile? file = kind is CpuVmaKind.File or CpuVmaKind.Shared ? _file : null;
            Assert.Equal(
                Errno.Ok,
                twin.Process.Map(AddressRange.OfSize(At(first), SizeOf(first, end)), protection, kind, file, (ulong)first * Page));
            for (int i = first; i < end; i++)
                twin.Plain[i] = new PlainPage { Protection = protection, Kind = kind, File = file is null ? null : _content, FilePage = i };
        }

        private void Protect(Twin twin, int first, int end)
        {
            CpuProtection protection = Protections[_random.Next(Protections.Length)];
            bool isMapped = twin.Plain[first..end].All(page => page is not null);
            Assert.Equal(
                isMapped ? Errno.Ok : Errno.ENOMEM, twin.Process.Protect(AddressRange.OfSize(At(first), SizeOf(first, end)), protection));
            for (int i = first; i < end && isMapped; i++)
                twin.Plain[i]!.Protection = protection;
        }

        private static void Discard(Twin twin, int first, int end)
        {
            Assert.Equal(Errno.Ok, twin.Process.Discard(AddressRange.OfSize(At(first), SizeOf(first, end))));
            for (int i = first; i < end; i++)
            {
                if (twin.Plain[i] is { Kind: not CpuVmaKind.Shared } page)
                    page.Own = null;
            }
        }

        private void Move(Twin twin, int first, int end)
        {
            int to = _random.Next(Pages - (end - first)), size = end - first;
            Errno error = twin.Process.RemapTo(AddressRange.OfSize(At(first), SizeOf(first, end)),
                AddressRange.OfSize(At(to), SizeOf(first, end)));
            bool overlaps = to < end && first < to + size;
            if (overlaps)
                Assert.Equal(Errno.EINVAL, error);
            if (error != Errno.Ok)
                return;
            PlainPage?[] moved = twin.Plain[first..end];
            Assert.All(moved, Assert.NotNull);
            twin.Plain.AsSpan(first, size).Clear();
            moved.CopyTo(twin.Plain, to);
        }

        private void ForkOrExit(Twin twin)
        {
            if (_twins.Count == 3 && _random.Next(2) == 0)
            {
                twin.Process.Unsubscribe(twin.Mapper);
                twin.Process.Dispose();
                _twins.Remove(twin);
            }
            else if (_twins.Count < 3)
            {
                Assert.Equal(Errno.Ok, twin.Process.Fork(out ModelProcess? child));
                _twins.Add(twin.Fork(child!));
            }
        }

        private void Migrate(Twin twin, int first, int end)
        {
            TestDevice device = _random.Next(4) == 0 ? _foreign : _device;
            Errno error = device.Migrate(twin.Process, At(first), At(end));
            Assert.True(error is Errno.Ok or Errno.EBUSY or Errno.EINVAL, error.ToString());
        }

        private void Evict()
        {
            if (_device.Blocks.Count == 0)
                return;
            TestBlock block = _device.Blocks[_random.Next(_device.Blocks.Count)];
            foreach (Twin twin in _twins)
                Assert.Equal(Errno.Ok, _device.Evict(twin.Process, block));
            Assert.True(block.IsReleased);
        }

        private void Touch(Twin twin, int first, int end)
        {
            bool write = _random.Next(2) == 0;
            bool can = twin.Plain[first..end].All(page => Can(page, write));
            Assert.Equal(
                can ? Errno.Ok : Errno.EFAULT, twin.Process.Touch(new AddressRange(At(first), At(end)), write, huge: _random.Next(2) == 0));
            if (write)
                Copy(twin, first, end, isDevice: false);
        }

        /// <summary>Pages of a file are the process's own once somebody wanted to write them, up to the first one that nobody
        /// may.</summary>
        private void Copy(Twin twin, int first, int end, bool isDevice)
        {
            for (int i = first; i < end; i++)
            {
                bool isTaken = isDevice && Can(twin.Plain[i], write: false) && IsInDevice(twin, i);
                if (!isTaken && !Can(twin.Plain[i], write: true))
                    return;
                if (twin.Plain[i] is { Kind: CpuVmaKind.File } page)
                    page.Own = page.Written;
            }
        }

        private bool IsInDevice(Twin twin, int page)
        {
            twin.Process.Snapshot(new AddressRange(At(page), At(page + 1)), _owner, _list);
            return _list.Runs[0].Kind == CpuPageKind.Device;
        }

        private void MapOnDevice(Twin twin, int first, int end)
        {
            bool write = _random.Next(2) == 0;
            Errno error = twin.Mapper.Map(At(first), At(end), write, _owner);
            if (write)
                Copy(twin, first, end, isDevice: true);
            if (twin.Plain[first..end].All(page => Can(page, write)))
                Assert.Equal(Errno.Ok, error);
            else if (!twin.Plain[first..end].All(page => Can(page, write: false)))
                Assert.NotEqual(Errno.Ok, error);
            else
                Assert.True(error is Errno.Ok or Errno.EPERM, error.ToString());
        }

        private void DeviceWrite(Twin twin, int page)
        {
            int word = _random.Next(Words);
            if (twin.Mapper.Write(At(page), Offset(word), ++_value))
                twin.Plain[page]!.Written.Words[word] = _value;
        }

        private void DeviceRead(Twin twin, int page)
        {
            int word = _random.Next(Words);
            if (twin.Mapper.Read(At(page), Offset(word)) is { } seen)
                Assert.Equal(twin.Plain[page]!.Shown.Words[word], seen);
        }

        private void Write(Twin twin, int page)
        {
            int word = _random.Next(Words);
            Errno error = twin.Process.Write(At(page) + (ulong)Offset(word), BitConverter.GetBytes(++_value));
            Assert.Equal(Can(twin.Plain[page], write: true) ? Errno.Ok : Errno.EFAULT, error);
            if (error == Errno.Ok)
                twin.Plain[page]!.Written.Words[word] = _value;
        }

        private void Read(Twin twin, int page)
        {
            int word = _random.Next(Words);
            var seen = new byte[8];
            Errno error = twin.Process.Read(At(page) + (ulong)Offset(word), seen);
            Assert.Equal(Can(twin.Plain[page], write: false) ? Errno.Ok : Errno.EFAULT, error);
            if (error == Errno.Ok)
                Assert.Equal(twin.Plain[page]!.Shown.Words[word], BitConverter.ToUInt64(seen));
        }

        private void Check(Twin twin)
        {
            for (int page = 0; page < Pages; page++)
            {
                bool isMapped = twin.Process.TryFindVma(At(page), out CpuVma vma);
                Assert.Equal(twin.Plain[page] is not null, isMapped);
                if (isMapped)
                    Assert.Equal((twin.Plain[page]!.Protection, twin.Plain[page]!.Kind), (vma.Protection, vma.Kind));
                Read(twin, page);
            }
        }

        private static bool Can(PlainPage? page, bool write) =>
            page is not null && (write ? page.Protection == CpuProtection.ReadWrite : page.Protection != CpuProtection.None);

        private (int First, int End) Interval()
        {
            int size = _random.Next(8) switch { 0 => 1 + _random.Next(700), < 4 => 1 + _random.Next(40), _ => 1 + _random.Next(4) };
            int first = _random.Next(Pages - size);
            return (first, first + size);
        }

        private static int Offset(int word) => word * 1360 & ~7;

        private static ulong At(int page) => Base + ((ulong)page * Page);

        private static ulong SizeOf(int first, int end) => (ulong)(end - first) * Page;
    }
}
