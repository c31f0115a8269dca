using System.Diagnostics;
using System.Runtime.InteropServices;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Stress.Svm;

/// <summary>
/// One thread of the process. It changes its own arena, as CPU and as GPU, and knows what each word must be; meanwhile it looks at the
/// arenas of others and has their pages moved, which must change nothing.
/// </summary>
internal sealed class SvmWorker : IDisposable
{
    private static readonly string[] Writes = ["a write of the CPU", "a write of the GPU", "an atomic"];

    private const int MostInFlight = 6;

    // Below are the BOs of a device without memory of its own.
    private static readonly ulong FirstFrame = new ModelMemoryOptions().FirstFrame;

    private readonly SvmWorld _world;
    private readonly SvmArena _arena;
    private readonly SvmIsland _island;
    private readonly SvmAlias _alias;
    private readonly TlbUnit[] _units;
    private readonly TlbSpace[][] _spaces;
    private readonly Random _random;
    private readonly bool[] _isReadOnly = new bool[SvmArena.Windows];
    private readonly bool[] _isBo = new bool[SvmArena.Windows];
    private readonly XeBo _bo;
    private long _patience;

    public SvmWorker(SvmWorld world, int number, int seed)
    {
        (_world, _arena, _random) = (world, world.Arenas[number], new Random(seed + number));
        (_island, _alias) = (world.Islands[number], new SvmAlias(world, _arena, number));
        _units = [.. world.Tlbs.Select(tlb => tlb.OpenUnit($"core {number} of GT {tlb.Gt}"))];
        _spaces = [.. world.Tlbs.Select(tlb => world.Vms.Select(vm => vm.GetTlbSpace(world.TileOf(tlb.Gt))).ToArray())];
        _bo = world.File.CreateBo(SvmArena.Window);
    }

    public SvmCounters Counters { get; } = new();

    public void Step()
    {
        switch (_random.Next(22))
        {
            case < 3: WriteAndRead(); break;
            case < 6: LookAtOthers(); break;
            case < 9: LookThroughTlb(); break;
            case 9: LookAtIslands(); break;
            case 10: Replace(); break;
            case 11: Protect(); break;
            case 12: Fork(); break;
            case 13: PutBo(); break;
            case 14: Prefetch(); break;
            case 15: Advise(); break;
            case 16: ChangeIsland(); break;
            case 17: UseUserptr(); break;
            case 18: UseNewVm(); break;
            case 19: RaiseFaults(PickVm().TlbVm.Asid); break;
            case 20: AccessWithoutWaiting(); break;
            default: Move(); break;
        }
    }

    /// <summary>Looks at words of all its pages, when nobody else does anything any more, and takes BOs away.</summary>
    public void LookAtAll()
    {
        _alias.Clear();
        _island.Clear();
        for (int page = 0; page < SvmArena.Windows * SvmArena.PagesOfWindow; page += 1 + _random.Next(8))
        {
            int window = page / SvmArena.PagesOfWindow;
            if (!_isBo[window])
                Expect(page, _arena[page], _isReadOnly[window] ? CpuRead(page) : GpuRead(page), "at the end");
        }

        for (int window = 0; window < SvmArena.Windows; window++)
        {
            if (_isBo[window])
                Bind(vm => vm.MapMirror(_arena.RangeOf(window)));
        }
    }

    public void Dispose() => Array.ForEach(_units, unit => unit.Dispose());

    private int Pick() => _random.Next(SvmArena.Windows * SvmArena.PagesOfWindow);

    private XeVm PickVm() => _world.Vms[_random.Next(_world.Vms.Length)];

    private int PickGt() => _world.Gts[_random.Next(_world.Gts.Length)];

    /// <summary>A write of CPU or GPU, or an atomic; then both sides see it.</summary>
    private void WriteAndRead()
    {
        int page = Pick(), window = page / SvmArena.PagesOfWindow;
        if (_isBo[window] || _isReadOnly[window])
            return;
        ulong value = _arena.NewValue(), address = _arena.AddressOf(page);
        int how = _random.Next(3);
        switch (how)
        {
            case 0:
                Require(_world.Process.TryWrite(address, Bytes(ref value)), $"the CPU writes 0x{address:x}");
                break;
            case 1:
                Span<byte> bytes = Bytes(ref value);
                for (int i = 0; !Passes(Counted(PickVm().Access(address, GpuAccessKind.Write, bytes, PickGt())), address, i); i++)
                {
                }

                Counters.GpuAccesses++;
                break;
            default:
                if (!TryExchange(page, value))
                    return;
                break;
        }

        _arena[page] = value;
        bool isGpu = _random.Next(2) == 0;
        Expect(page, value, isGpu ? GpuRead(page) : CpuRead(page), $"by the {(isGpu ? "GPU" : "CPU")} after {Writes[how]}");
    }

    /// <summary>False where atomics need device memory that a range of 4 KiB cannot have on such a platform (SVM-070, SVM-096).</summary>
    private bool TryExchange(int page, ulong value)
    {
        ulong address = _arena.AddressOf(page), old;
        GpuAccess access = default;
        for (int i = 0; i == 0 || !Passes(access, address, i - 1); i++)
        {
            access = Counted(PickVm().Atomic(address, GpuAtomic.On64(GpuAtomicOperation.Exchange, value), out old, PickGt()));
            bool isInVain = access.Status == GpuAccessStatus.Refaulting
                || access is { Status: GpuAccessStatus.Nacked, Error: Errno.EFAULT or Errno.EACCES };
            if (NeedsLargePages && isInVain)
            {
                Counters.Repeats++;
                return false;
            }

            if (access.IsDone)
                Expect(page, _arena[page], old, "by an atomic");
        }

        Counters.GpuAccesses++;
        return true;
    }

    private void LookAtOthers()
    {
        SvmArena arena = _world.Arenas[_random.Next(_world.Arenas.Length)];
        ulong address = arena.AddressOf(Pick()), value = 0;
        bool isRead = _random.Next(4) == 0
            ? _world.Process.TryRead(address, Bytes(ref value))
            : Counted(PickVm().Access(address, GpuAccessKind.Read, Bytes(ref value), PickGt())).IsDone;
        Require(!isRead || arena.Owns(value), $"0x{value:x} is not of the memory at 0x{address:x}");
        Counters.GpuAccesses++;
    }

    /// <summary>An access through a TLB that keeps translations: while it lasts nobody gives the page to anybody else.</summary>
    private void LookThroughTlb()
    {
        SvmArena arena = _world.Arenas[_random.Next(_world.Arenas.Length)];
        ulong address = arena.AddressOf(Pick());
        int core = _random.Next(_units.Length);
        using TlbUnit.Access access = _units[core].Begin();
        Translation found = access.Translate(_spaces[core][_random.Next(_world.Vms.Length)], address);
        Counters.Translations++;
        if (found.Status != TranslationStatus.Mapped)
            return;
        ulong value = 0;
        bool isLive = found.IsDeviceMemory
            ? _world.Device.Mirrors.Pagemaps.Any(map => map.Bytes.TryRead(found.Address, Bytes(ref value)))
            : _world.Memory.TryRead(found.Address, Bytes(ref value)) || IsOfBo(found.Address);
        Require(isLive, $"0x{address:x} leads to 0x{found.Address:x}, which is nobody's");
        Require(arena.Owns(value), $"0x{value:x} is not of the memory at 0x{address:x}, to which a TLB leads");
    }

    /// <summary>Translates what has one right answer, which the checker knows.</summary>
    private void LookAtIslands()
    {
        ulong address = _world.Islands[_random.Next(_world.Islands.Length)].Pick(_random);
        int core = _random.Next(_units.Length);
        _units[core].Translate(_spaces[core][_random.Next(_world.Vms.Length)], address);
        Counters.Translations++;
    }

    private void ChangeIsland()
    {
        _island.Step(_random);
        Counters.Binds++;
    }

    /// <summary>The same bytes by another way: what is written there is seen through the mirrors, and the other way round.</summary>
    private void UseUserptr()
    {
        if (_alias.Window < 0 || _random.Next(4) == 0)
        {
            _alias.Step(_random);
            Counters.Userptrs++;
            return;
        }

        int window = _alias.Window, page = (window * SvmArena.PagesOfWindow) + _random.Next(SvmArena.PagesOfWindow);
        bool isWrite = !_isBo[window] && !_isReadOnly[window] && _random.Next(2) == 0;
        ulong value = isWrite ? _arena.NewValue() : 0;
        Counters.GpuAccesses++;
        if (!Counted(_alias.Access(isWrite ? GpuAccessKind.Write : GpuAccessKind.Read, page, ref value, PickGt())).IsDone)
        {
            Counters.Repeats++;
            return;
        }

        Require(!_isBo[window], $"a userptr shows 0x{value:x} where no memory is");
        if (isWrite)
            _arena[page] = value;
        Expect(page, _arena[page], isWrite ? CpuRead(page) : value, "through a userptr");
    }

    /// <summary>A VM that comes and goes in the middle of everything, with ranges.</summary>
    private void UseNewVm()
    {
        int page = Pick(), window = page / SvmArena.PagesOfWindow;
        if (_isBo[window] || _isReadOnly[window] || _random.Next(4) != 0)
            return;
        Counters.Vms++;
        XeVm vm = _world.NewVm();
        ulong address = _arena.AddressOf(page), value = _arena.NewValue();
        int gt = PickGt();
        for (int i = 0; !Passes(Counted(vm.Access(address, GpuAccessKind.Write, Bytes(ref value), gt)), address, i); i++)
        {
        }

        _arena[page] = value;
        // They find it, or nothing.
        RaiseFaults(vm.TlbVm.Asid);
        vm.Destroy();
        Expect(page, value, GpuRead(page), "written by a VM that is gone");
    }

    /// <summary>Faults that nobody waits for, somewhere, of any kind: they bring pages in, or move them, and change no byte.</summary>
    private void RaiseFaults(uint asid)
    {
        int count = 1 + _random.Next(8);
        for (int i = 0; i < count; i++)
        {
            ulong address = _world.Arenas[_random.Next(_world.Arenas.Length)].AddressOf(Pick());
            _world.Device.RaiseFault(new GpuFault
            {
                Gt = PickGt(),
                Asid = asid,
                PageAddress = address & ~(SvmArena.Page - 1),
                Access = (GpuAccessKind)_random.Next(3),
                Level = _random.Next(16) == 0 ? GpuFault.NackLevel : (byte)0,
            });
        }

        Counters.QueuedFaults += count;
    }

    /// <summary>Writes into several pages whose faults are in flight together, with no thread that waits for each.</summary>
    private void AccessWithoutWaiting()
    {
        int[] pages = [.. Enumerable.Range(0, MostInFlight).Select(_ => Pick()).Distinct()
            .Where(page => !_isBo[page / SvmArena.PagesOfWindow] && !_isReadOnly[page / SvmArena.PagesOfWindow])];
        ulong[] values = [.. pages.Select(_ => _arena.NewValue())];
        PendingAccess[] accesses = [.. pages.Select((page, i) =>
            PickVm().BeginAccess(_arena.AddressOf(page), GpuAccessKind.Write, BitConverter.GetBytes(values[i]), PickGt()))];
        for (int i = 0; i < pages.Length; i++)
        {
            ulong address = _arena.AddressOf(pages[i]), value = values[i];
            Require(accesses[i].Completed.Wait(SvmWorld.MostTime), $"for a minute an access waits at 0x{address:x}");
            bool isDone = Counted(accesses[i].Result).IsDone;
            accesses[i].Dispose();
            // What was in its way may be in the way no more.
            for (int j = 0; !isDone; j++)
                isDone = Passes(Counted(PickVm().Access(address, GpuAccessKind.Write, Bytes(ref value), PickGt())), address, j);
            _arena[pages[i]] = value;
            Expect(pages[i], value, _random.Next(2) == 0 ? GpuRead(pages[i]) : CpuRead(pages[i]), "after a write that nobody waited for");
            Counters.GpuAccesses++;
        }
    }

    private static bool IsOfBo(ulong address) => address < FirstFrame;

    /// <summary>Memory of a window goes, comes back, is dropped, or moves to the next window.</summary>
    private void Replace()
    {
        int window = _random.Next(SvmArena.Windows);
        if (_isBo[window] || _isReadOnly[window])
            return;
        Counters.Changes++;
        AddressRange range = _arena.RangeOf(window);
        switch (_random.Next(3))
        {
            case 0:
                Check(_world.Process.Unmap(range));
                Check(_world.Process.Map(range, CpuProtection.ReadWrite));
                _arena.Clear(window);
                break;
            case 1:
                Check(_world.Process.Discard(range));
                _arena.Clear(window);
                break;
            default:
                int to = (window + 1) % SvmArena.Windows;
                if (_isBo[to] || _isReadOnly[to])
                    return;
                Check(_world.Process.RemapTo(range, _arena.RangeOf(to)));
                Check(_world.Process.Map(range, CpuProtection.ReadWrite));
                _arena.Move(window, to);
                break;
        }
    }

    private void Protect()
    {
        int window = _random.Next(SvmArena.Windows);
        if (_isBo[window])
            return;
        Counters.Changes++;
        _isReadOnly[window] = !_isReadOnly[window];
        Check(_world.Process.Protect(_arena.RangeOf(window), _isReadOnly[window] ? CpuProtection.Read : CpuProtection.ReadWrite));
    }

    /// <summary>A child has what was there, and nobody else sees what it writes.</summary>
    private void Fork()
    {
        int page = Pick();
        int window = page / SvmArena.PagesOfWindow;
        if (_isBo[window] || _isReadOnly[window] || _random.Next(8) != 0)
            return;
        Counters.Forks++;
        Check(_world.Process.Fork(out ModelProcess? child));
        ulong address = _arena.AddressOf(page), value = 0, written = ulong.MaxValue;
        Require(child!.TryRead(address, Bytes(ref value)), "the child reads");
        Expect(page, _arena[page], value, "in a child");
        child.TryWrite(address, Bytes(ref written));
        Expect(page, _arena[page], GpuRead(page), "after the child's write");
        child.Dispose();
    }

    /// <summary>A BO in the place of a window's memory, and back.</summary>
    private void PutBo()
    {
        int window = _random.Next(SvmArena.Windows);
        if (_isReadOnly[window] || (!_isBo[window] && _isBo.Contains(true)))
            return;
        Counters.Binds++;
        AddressRange range = _arena.RangeOf(window);
        if (_isBo[window])
        {
            Bind(vm => vm.MapMirror(range));
            Check(_world.Process.Map(range, CpuProtection.ReadWrite));
            _isBo[window] = false;
            return;
        }

        Check(_world.Process.Unmap(range));
        _arena.Clear(window);
        Bind(vm => vm.Map(_bo, range.Start));
        _isBo[window] = true;
        ulong value = _arena.BoTag | (ulong)Counters.Binds, read = 0;
        for (int i = 0; !Passes(Counted(_world.Vms[0].Access(range.Start, GpuAccessKind.Write, Bytes(ref value))), range.Start, i); i++)
        {
        }

        for (int i = 0; !Passes(Counted(_world.Vms[1].Access(range.Start, GpuAccessKind.Read, Bytes(ref read))), range.Start, i); i++)
        {
        }

        Require(read == value, $"0x{read:x} where 0x{value:x} was written into a BO");
    }

    /// <summary>Binds in every VM, and waits: what was mapped before can be seen until the bind is complete, which waits for accesses of
    /// other threads.</summary>
    private void Bind(Func<XeVm, Fence> bind)
    {
        foreach (XeVm vm in _world.Vms)
            Require(bind(vm).Wait(SvmWorld.MostTime), "a bind is not complete after a minute");
    }

    private void Prefetch()
    {
        SvmArena arena = _world.Arenas[_random.Next(_world.Arenas.Length)];
        int regions = 1 + _world.Device.Mirrors.Pagemaps.Length;
        AddressRange range = arena.RangeOf(_random.Next(SvmArena.Windows));
        XeVm vm = PickVm();
        Counters.Prefetches++;
        // What the owner does meanwhile may refuse it.
        _world.File.VmBind(vm.Id, [new DrmXeVmBindOp
        {
            Op = VmBindOp.Prefetch,
            Addr = range.Start,
            Range = range.End - range.Start,
            PrefetchMemRegionInstance = (uint)_random.Next(regions),
        }
        ]);
    }

    private void Advise()
    {
        SvmArena arena = _world.Arenas[_random.Next(_world.Arenas.Length)];
        AddressRange range = arena.RangeOf(_random.Next(SvmArena.Windows));
        ulong size = _random.Next(2) == 0 ? SvmArena.Window : 16 * SvmArena.Page;
        var advice = new DrmXeMadvise { VmId = PickVm().Id, Start = range.Start, Range = size, Type = MemRangeAttr.PreferredLoc };
        // Device memory of the VM's own tile, or system memory.
        advice.PreferredMemLoc.DevmemFd = unchecked((uint)(_random.Next(2) == 0 ? 0 : -1));
        Counters.Advice++;
        _world.File.Madvise(advice);
    }

    /// <summary>Pages go where they are not wanted, or come back.</summary>
    private void Move()
    {
        SvmArena arena = _world.Arenas[_random.Next(_world.Arenas.Length)];
        AddressRange range = arena.RangeOf(_random.Next(SvmArena.Windows));
        Counters.Moves++;
        switch (_random.Next(4))
        {
            case 0: _world.Device.EvictAll(); break;
            case 1: _world.Process.Raise(CpuChangeKind.SoftDirty, range); break;
            case 2: Counters.ForgottenFaults += _world.Device.ResetGt(PickGt()); break;
            default: _world.Process.Touch(AddressRange.OfSize(range.Start, 8 * SvmArena.Page), write: false); break;
        }
    }

    private ulong CpuRead(int page)
    {
        ulong value = 0, address = _arena.AddressOf(page);
        Require(_world.Process.TryRead(address, Bytes(ref value)), $"the CPU reads 0x{address:x}");
        return value;
    }

    private ulong GpuRead(int page)
    {
        ulong value = 0, address = _arena.AddressOf(page);
        for (int i = 0; !Passes(Counted(PickVm().Access(address, GpuAccessKind.Read, Bytes(ref value), PickGt())), address, i); i++)
        {
        }

        Counters.GpuAccesses++;
        return value;
    }

    private GpuAccess Counted(GpuAccess access)
    {
        Counters.Faults += access.Faults;
        return access;
    }

    /// <summary>The access is over; false when it has to be made again, because others were in its way.</summary>
    private bool Passes(GpuAccess access, ulong address, int repeats)
    {
        if (access.IsDone)
            return true;
        // A fault on a mapping that only the CPU may not write is refused, and so is one where nothing is: neither happens here.
        bool isNacked = access.Status is GpuAccessStatus.Nacked;
        bool isLeftOver = isNacked && access.Error == Errno.EINVAL && NeedsLargePages;
        bool isHopeless = isNacked && access.Error is Errno.ENOENT or Errno.EINVAL && !isLeftOver;
        Require(!isHopeless, $"the GPU accesses 0x{address:x}: {access}");
        // An access that could not be served now is made again, for example because a thread in the middle of another one has to run
        // first; what lasts is a fault of the engine's.
        _patience = repeats == 0 ? Stopwatch.GetTimestamp() : _patience;
        Require(Stopwatch.GetElapsedTime(_patience) < SvmWorld.MostTime, $"for a minute the GPU accesses 0x{address:x}: {access}");
        Counters.Repeats++;
        // A small range over what is left of a large one's device memory is bound when the pages have left it (VEC-03).
        if (isLeftOver)
            _world.Process.Touch(AddressRange.OfSize(address & ~(SvmArena.Page - 1), SvmArena.Page), write: false);
        Thread.Yield();
        return false;
    }

    private bool NeedsLargePages => _world.Device.Platform.VramNeeds64K;

    private void Expect(int page, ulong expected, ulong found, string when) =>
        Require(expected == found, $"0x{found:x} instead of 0x{expected:x} at 0x{_arena.AddressOf(page):x} {when}");

    private void Check(Errno errno) => Require(errno == Errno.Ok, $"a call of the process: {errno}");

    private void Require(bool holds, string what)
    {
        if (holds)
            return;
        Counters.Violations++;
        throw new InvalidOperationException(what);
    }

    private static Span<byte> Bytes(ref ulong value) => MemoryMarshal.AsBytes(new Span<ulong>(ref value));
}
