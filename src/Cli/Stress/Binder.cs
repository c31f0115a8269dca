using System.Collections.Concurrent;
using XePt.Uapi;

namespace XePt.Cli.Stress;

/// <summary>Binds and unbinds in one VM, some of it after fences that other threads signal, and keeps the shadows.</summary>
internal sealed class Binder(StressVm vm, XeDevice device, ConcurrentQueue<Fence> fences, int seed)
{
    private const int MostInFlight = 3;

    private readonly record struct InFlight(Fence Done, Fence After, StressWindow Window, ulong Start, ulong End, long Change);

    private readonly Random _random = new(seed);
    private readonly Queue<InFlight> _inFlight = new();
    private uint _syncobj;

    public long Binds { get; private set; }

    public long Unbinds { get; private set; }

    public long Deferred { get; private set; }

    /// <summary>One bind or unbind.</summary>
    public void Step()
    {
        CompleteSignalled();
        StressWindow window = _random.Next(4) == 0 ? vm.LargePages : vm.Small;
        int first = _random.Next(window.Units);
        int units = 1 + _random.Next(Math.Min(window.Unit == StressVm.Page ? 40 : 3, window.Units - first));
        ulong start = window.Start + ((ulong)first * window.Unit), end = start + ((ulong)units * window.Unit);
        switch (_random.Next(5))
        {
            case 0 or 1:
                Unbinds++;
                Do(window, start, end, window.Map.Begin(new AddressRange(start, end), null),
                    new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = start, Range = end - start });
                break;
            case 2 when window.Unit == StressVm.Large:
                Binds++;
                window.Map.Begin(new AddressRange(start, end), null);
                Do(window, start, end, window.Map.BeginNull(new AddressRange(start, end)),
                    Map(0, 0, start, end) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate });
                break;
            default:
                Binds++;
                ulong offset = OffsetFor(window, start, end - start);
                // What was there goes before the new mapping comes, so nothing may be seen between.
                window.Map.Begin(new AddressRange(start, end), null);
                Do(window, start, end, window.Map.Begin(new AddressRange(start, end), window.Address + offset),
                    Map(window.Bo, offset, start, end));
                break;
        }
    }

    /// <summary>Lets everything complete.</summary>
    public void Finish()
    {
        while (_inFlight.Count > 0)
            WaitForOldest();
    }

    private DrmXeVmBindOp Map(uint bo, ulong offset, ulong start, ulong end) => new()
    {
        Op = VmBindOp.Map,
        Obj = bo,
        ObjOffset = offset,
        Addr = start,
        Range = end - start,
        PatIndex = vm.Pat,
        Flags = VmBindFlags.Immediate,
    };

    /// <summary>Pages of the small window lie so that no larger page fits, so that every cut keeps the rest in place; in the large one both
    /// kinds occur.</summary>
    private ulong OffsetFor(StressWindow window, ulong start, ulong size)
    {
        ulong most = window.Size + StressVm.Large - size;
        if (window.Unit == StressVm.Large)
        {
            ulong aligned = (ulong)_random.NextInt64((long)(most / StressVm.Large)) * StressVm.Large;
            return _random.Next(2) == 0 ? aligned : aligned + StressVm.Page;
        }

        ulong offset = (ulong)_random.NextInt64((long)(most / StressVm.Page)) * StressVm.Page;
        bool isCongruent = (((window.Address + offset) ^ start) & 0xffff) == 0;
        return isCongruent ? offset + StressVm.Page : offset;
    }

    private void Do(StressWindow window, ulong start, ulong end, long change, in DrmXeVmBindOp op)
    {
        Fence after = Fence.Signalled;
        Span<DrmXeSync> syncs = stackalloc DrmXeSync[1];
        bool waits = _random.Next(4) == 0;
        if (waits)
        {
            _syncobj = _syncobj == 0 ? vm.File.SyncobjCreate() : _syncobj;
            after = device.CreateFence("stress");
            vm.File.SyncobjAttach(_syncobj, after);
            syncs[0] = new DrmXeSync { Handle = _syncobj };
            Deferred++;
        }

        Errno errno = vm.Bind(op, waits ? syncs : [], out Fence done);
        // An unbind of nothing has nothing that could wait, says so, and changes nothing (BIND-212).
        if (errno is not (Errno.Ok or Errno.EOPNOTSUPP))
            throw new InvalidOperationException($"{errno}: {vm.File.LastRejection}");

        if (waits)
            fences.Enqueue(after);
        _inFlight.Enqueue(new InFlight(done, after, window, start, end, change));
        if (_inFlight.Count > MostInFlight)
            WaitForOldest();
        CompleteSignalled();
    }

    private void CompleteSignalled()
    {
        while (_inFlight.TryPeek(out InFlight oldest) && oldest.Done.IsSignalled)
            Complete(_inFlight.Dequeue());
    }

    private void WaitForOldest()
    {
        InFlight oldest = _inFlight.Dequeue();
        oldest.After.TrySignal();
        if (!oldest.Done.Wait(TimeSpan.FromSeconds(30)))
            throw new TimeoutException($"a bind of [0x{oldest.Start:x}, 0x{oldest.End:x}) did not complete");
        Complete(oldest);
    }

    private static void Complete(in InFlight done) => done.Window.Map.Complete(done.Change, new AddressRange(done.Start, done.End));
}
