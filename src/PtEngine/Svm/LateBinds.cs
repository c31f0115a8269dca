using XePt.Calls;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Pipeline;

namespace XePt.Svm;

/// <summary>
/// Ranges that were prefetched while something was in flight in their VM, or for a call that waits for fences: their memory is where it was
/// asked for, and they are bound when the VM is idle and those fences have signalled. Until then, and when their pages have changed again,
/// the first access binds them.
/// </summary>
/// <remarks>Concurrency: everything here happens inside the VM; the job only waits and then enters it, as a fault that was put off does.
/// Nothing waits for these binds, so they wait for everything without a circle: the fence of the prefetch signals without them.</remarks>
internal sealed class LateBinds(MirrorSpace space, JobScheduler scheduler, AllVms vms) : ScheduledJob(scheduler)
{
    private readonly record struct Item(ulong Start, ulong End, Fence After);

    private readonly List<Item> _items = [];
    private readonly LegPool _legs = new();
    private bool _isWaiting;

    /// <summary>Has a range bound later; <see cref="Wait"/> must follow.</summary>
    /// <param name="range">The range; its pages are collected.</param>
    /// <param name="after">What the call that prefetched it waits for.</param>
    public void Add(in SvmRange range, Fence after) => _items.Add(new Item(range.Start, range.End, after));

    /// <summary>Waits for what is in flight now, unless it waits already.</summary>
    public void Wait()
    {
        if (_isWaiting || _items.Count == 0)
            return;
        _isWaiting = true;
        Begin();
        Await(space.Vm.FenceOfAll(), _legs);
        foreach (Item item in _items)
            Await(item.After, _legs);
        End();
    }

    public override void Run()
    {
        var operation = new Operation(this);
        VmEntry.Run(vms, space.Vm, ref operation);
    }

    private void BindAll(VmContext vm)
    {
        _isWaiting = false;
        if (vm.IsClosed || vm.IsBanned)
            _items.Clear();
        int kept = 0;
        // By number: what is kept moves to the front, and a list that changes cannot be enumerated.
        for (int i = 0; i < _items.Count; i++)
        {
            Item item = _items[i];
            // Entries of ranges are not written by jobs that wait.
            if (!vm.IsIdle || !item.After.IsSignalled)
                _items[kept++] = item;
            else
                Bind(vm, item);
        }

        _items.RemoveRange(kept, _items.Count - kept);
        Wait();
    }

    private void Bind(VmContext vm, in Item item)
    {
        int range = vm.Ranges.Find(item.Start);
        if (range == 0 || vm.Ranges[range].End != item.End)
            return;
        uint missing = vm.Facts.TileMask & ~(uint)vm.Ranges[range].ValidTiles;
        int mirror = vm.Space.Find(item.Start);
        if (missing != 0 && mirror != 0 && vm.Space.Vmas[mirror].IsMirror)
            RangeBind.Run(space, mirror, range, missing);
    }

    private readonly struct Operation(LateBinds binds) : IVmOperation
    {
        public bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            binds.BindAll(vm);
            return Outcome.Done;
        }
    }
}
