using XePt.Uapi;

namespace XePt.Cli.Stress;

/// <summary>Takes mappings away as a CPU-side change does, and faults them in again. One per VM at a time.</summary>
internal sealed class Invalidator(StressVm[] vms, int seed)
{
    private readonly Random _random = new(seed);

    public long Zaps { get; private set; }

    public long Faults { get; private set; }

    /// <summary>Zaps refused because binds of the VM were in flight.</summary>
    public long Busy { get; private set; }

    public void Step()
    {
        StressVm vm = vms[_random.Next(vms.Length)];
        StressWindow window = vm.Invalidated;
        ulong offset = (ulong)_random.Next(window.Units) * window.Unit, start = window.Start + offset, end = start + window.Unit;
        long gone = window.Map.Begin(new AddressRange(start, end), null);
        if (vm.Vm.Zap(start) != Errno.Ok)
        {
            window.Map.Abandon(gone, new AddressRange(start, end));
            Busy++;
            return;
        }

        window.Map.Complete(gone, new AddressRange(start, end));
        Zaps++;

        long back = window.Map.Begin(new AddressRange(start, end), window.Address + offset);
        Errno errno = vm.Vm.Fault(start, out Fence done);
        if (errno != Errno.Ok)
            throw new InvalidOperationException($"fault at 0x{start:x}: {errno}, {vm.Vm.LastRejection}");
        if (!done.Wait(TimeSpan.FromSeconds(30)))
            throw new TimeoutException($"the bind of a fault at 0x{start:x} did not complete");
        window.Map.Complete(back, new AddressRange(start, end));
        Faults++;
    }
}
