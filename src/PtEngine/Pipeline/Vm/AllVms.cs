using XePt.Fences;
using XePt.Memory;

namespace XePt.Pipeline;

/// <summary>
/// The VMs of a device, and the way to be inside all of them at once: only there may a BO that has memory move, because anybody may be
/// staging from it or may be about to map it.
/// </summary>
/// <remarks>
/// <para>Concurrency: a thread that is inside no VM may wait for all (<see cref="Enter"/>). A thread that is inside its own VM only tries
/// (<see cref="TryEnter"/>); when it meets another thread it leaves its VM and starts its call again from outside, where it may wait. So
/// nobody who holds a VM's gate ever waits for another one, except the one thread that holds <c>_all</c>, and those it waits for wait for
/// nobody: no cycle, and the second attempt cannot fail. But for one thing: a call may change memory of a process, and waits until
/// userptrs of other VMs have let go of it. Whoever waits here lets go of it for those VMs that it is inside of.</para>
/// <para>A call that starts again has left its VM for a moment, and the VM may have ended meanwhile and have left the list. It names its
/// VM, which is then entered beside the listed ones: whoever is inside works behind the gate in any case, and leaves no gate that it is not
/// in. Waiting for that one gate closes no cycle either: its holder, too, only tries.</para>
/// <para>VMs come and go under <c>_all</c>, so whoever is inside all VMs sees all there are. What runs there may call
/// <see cref="TryEnter"/> again.</para>
/// </remarks>
internal sealed class AllVms
{
    private readonly WriterGate _all = new();
    private readonly OrderedSet<VmContext> _vms = new();
    private int _holder;

    /// <summary>The VMs, for whoever is inside all of them.</summary>
    public OrderedSet<VmContext> Vms => _vms;

    /// <summary>Adds a VM; not from inside one.</summary>
    public void Add(VmContext vm)
    {
        _all.Enter();
        _vms.Add(vm);
        _all.Exit();
    }

    /// <summary>Takes a VM away; not from inside one.</summary>
    public void Remove(VmContext vm)
    {
        _all.Enter();
        _vms.Remove(vm);
        _all.Exit();
    }

    /// <summary>Enters all VMs; not from inside one.</summary>
    /// <param name="with">The VM that the caller found before and is about to work on, or null. It is entered also when it has been taken
    /// apart and is no VM of the device any more; the caller must see that it is closed.</param>
    /// <param name="staysInIt">The caller stays in that VM when it leaves the others, and leaves it itself.</param>
    public Stay Enter(VmContext? with = null, bool staysInIt = false)
    {
        _all.Enter();
        bool isListed;
        try
        {
            isListed = EnterEach(with);
        }
        catch
        {
            LeaveEntered();
            throw;
        }

        _holder = Environment.CurrentManagedThreadId;
        return new Stay(this, staysInIt ? with : null, isListed || staysInIt ? null : with, isNested: false);
    }

    /// <summary>Enters all other VMs from inside one, unless somebody is in one of them.</summary>
    public Stay TryEnter(VmContext own)
    {
        if (IsHolder)
            return new Stay(this, own, unlisted: null, isNested: true);
        if (!_all.TryEnter())
            return default;

        for (LinkedListNode<VmContext>? vm = _vms.First; vm is not null; vm = vm.Next)
        {
            if (ReferenceEquals(vm.Value, own) || vm.Value.Writer.TryEnter())
                continue;
            Leave(vm.Previous, own);
            return default;
        }

        _holder = Environment.CurrentManagedThreadId;
        return new Stay(this, own, unlisted: null, isNested: false);
    }

    /// <returns>Nobody is named, or he is in the list.</returns>
    private bool EnterEach(VmContext? with)
    {
        bool isListed = with is null;
        foreach (VmContext vm in _vms)
        {
            EnterNext(vm);
            isListed |= ReferenceEquals(vm, with);
        }

        if (!isListed)
            EnterNext(with!);
        return isListed;
    }

    /// <summary>Something has thrown while the next VM was waited for.</summary>
    private void LeaveEntered()
    {
        foreach (VmContext vm in _vms)
        {
            if (vm.Writer.IsHeldHere)
                vm.Writer.Exit();
        }

        _all.Exit();
    }

    /// <summary>Waits for one VM after those before it in the list, and does meanwhile in those what the thread inside may wait
    /// for.</summary>
    private void EnterNext(VmContext next)
    {
        for (var spin = default(SpinWait); !next.Writer.TryEnter(); spin.SpinOnce())
        {
            foreach (VmContext vm in _vms)
            {
                if (vm.Writer.IsHeldHere)
                    vm.CarryOutChanges();
            }
        }
    }

    // Only the holder itself can find its own number here.
    private bool IsHolder => Volatile.Read(ref _holder) == Environment.CurrentManagedThreadId;

    /// <summary>The jobs that became ready meanwhile run when the last gate is left, and that is <c>_all</c> or the caller's own.</summary>
    private void Leave(LinkedListNode<VmContext>? last, VmContext? own)
    {
        for (LinkedListNode<VmContext>? vm = last; vm is not null; vm = vm.Previous)
        {
            if (!ReferenceEquals(vm.Value, own))
                vm.Value.Writer.Exit();
        }

        _all.Exit();
    }

    /// <summary>The time inside all VMs; empty when they could not be entered.</summary>
    internal readonly ref struct Stay(AllVms? vms, VmContext? own, VmContext? unlisted, bool isNested)
    {
        /// <summary>All VMs are entered.</summary>
        public bool IsInside => vms is not null;

        public void Dispose()
        {
            if (vms is null || isNested)
                return;
            Volatile.Write(ref vms._holder, 0);
            unlisted?.Writer.Exit();
            vms.Leave(vms._vms.Last, own);
        }
    }
}
