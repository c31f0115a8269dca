using XePt.Diagnostics;
using XePt.Evict;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Svm;
using XePt.Tlb;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Userptr;

namespace XePt;

/// <summary>The VMs of one client: how they come, how they end, and who of them may reach memory of its process.</summary>
/// <remarks>Concurrency: any thread. Closing a VM and taking its id away are one step inside it (BIND-274). A client that closes finds each
/// VM by its id or by what ends it.</remarks>
/// <param name="file">The client.</param>
/// <param name="vms">The VMs by id.</param>
/// <param name="memory">The client's memory, where user fences are written.</param>
internal sealed class ClientVms(XeFile file, HandleTable<XeVm> vms, IUserMemory memory)
{
    private readonly SharedList<VmTeardown> _ending = new();

    // From VM_CREATE until nothing of a VM can reach memory any more, which is later than VM_DESTROY.
    private readonly SharedList<VmContext> _reaching = new();

    private XeDevice Device => file.Device;

    /// <summary>The process that userptrs are of from now on, and mirrors of VMs to come; null for none.</summary>
    public GuardedProcess? Process
    {
        get;
        set
        {
            field = value;
            foreach (VmContext vm in _reaching.Items)
                AttachProcess(vm);
        }
    }

    /// <summary>Makes a VM (BIND-005 to BIND-008).</summary>
    /// <param name="args">The call.</param>
    /// <param name="vm">The VM; closed already when the client has been closed meanwhile.</param>
    /// <returns>Not rejected, or why there is none.</returns>
    public Rejection Create(ref DrmXeVmCreate args, out XeVm? vm)
    {
        ObjectDisposedException.ThrowIf(!Device.TryBeginVm(), Device);
        vm = null;
        try
        {
            return Make(ref args, out vm);
        }
        finally
        {
            // Also when the hook of a test has thrown: who ends the device waits for all that have begun.
            if (vm is null)
                Device.VmIsGone();
            else if (vm.Id == 0)
                Close(vm, isForced: true);
        }
    }

    /// <summary>Closes a VM and takes its id away, in one step that nobody sees half of (BIND-274), and has it end.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="isForced">Whatever queues it has.</param>
    /// <returns>Not rejected, or why it stays.</returns>
    public Rejection Close(XeVm vm, bool isForced)
    {
        VmContext context = vm.Context;
        VmTeardown teardown;
        using (context.Enter())
        {
            if (context.IsClosed)
                return Refusals.VmDestroyUnknownVm(vm.Id);
            if (!isForced && vm.Mode == VmMode.PreemptFence && context.Queues.Count > 0)
                return Refusals.VmDestroyBusyVm(vm.Id);

            context.IsClosed = true;
            teardown = new VmTeardown(context, Device.Scheduler, Device.VmIsGone, Ended);
            // Before the id goes: a client that closes and finds no VM any more finds what ends it.
            _ending.Add(teardown);
            vms.TryRemove(vm.Id, vm);
        }

        teardown.Start();
        return default;
    }

    /// <summary>Closes all; what is in flight is given up.</summary>
    public void CloseAll()
    {
        while (vms.First is { } vm)
            Close(vm, isForced: true);
        foreach (VmTeardown teardown in _ending.Items)
            teardown.Run();
    }

    /// <summary>Takes all userptrs that overlap an interval from their pages, also those of VMs that are ending.</summary>
    /// <returns>Signals when no GPU can reach the pages any more.</returns>
    public Fence Invalidate(AddressRange range)
    {
        var gone = new FenceSet();
        // What is thrown on leaving one VM must not keep the others from it.
        using (ThreadJobs.Own.BeginStep())
        {
            foreach (VmContext vm in _reaching.Items)
                UserptrInvalidation.Run(Device.Residency.Vms, vm, range.Start, range.End, gone);
        }

        return Device.Points.Of(gone);
    }

    private Rejection Make(ref DrmXeVmCreate args, out XeVm? vm)
    {
        vm = null;
        if (args.Extensions == 0 && Device.Platform.ForcesScratch)
            args.Flags |= VmCreateFlags.ScratchPage;
        Rejection why = VmCreateChecks.Validate(args, Device.CheckFacts);
        if (why.IsRejected)
            return why;

        var facts = new VmFacts(
            Device.Platform,
            (args.Flags & VmCreateFlags.LrMode) != 0,
            (args.Flags & VmCreateFlags.FaultMode) != 0,
            (args.Flags & VmCreateFlags.ScratchPage) != 0);
        if (!Device.Tlb.TryOpen(out TlbVm name))
            return Refusals.VmCreateNoAsid((ulong)args.Flags);
        VmContext? context = null;
        try
        {
            context = MakeContext(facts, name);
        }
        finally
        {
            if (context is null)
                Device.Tlb.Close(name);
        }

        if (context is null)
            return Refusals.VmCreateNoMemory((ulong)args.Flags);
        Enlist(context);
        XeVm? made = null;
        args.VmId = vms.Add(id => made = new XeVm(file, id, context));
        // Without an id when the file has been closed meanwhile.
        vm = made ?? new XeVm(file, id: 0, context);
        return default;
    }

    private VmContext? MakeContext(VmFacts facts, TlbVm name)
    {
        var gate = new AllocationGate(Device.Failures);
        var later = new LaterList(new WriterGate());
        return !TryCreateTables(facts, gate, later, out TileTables[] tables) ? null : new VmContext(
            facts, Device.Options.Profile, Device.Encoding, later, tables, Device.Memory, file.Cpu, Device.Failures, Device.Watch, gate,
            Device.NewVmHost(name, memory))
        {
            Checks = CheckContextOf(facts),
        };
    }

    private bool TryCreateTables(VmFacts facts, AllocationGate gate, LaterList later, out TileTables[] tables)
    {
        var all = new TileTables[facts.Platform.TileCount];
        tables = all;
        int made = 0;
        try
        {
            while (made < all.Length && TryCreateTables(made, facts, gate, later, out all[made]!))
                made++;
            return made == all.Length;
        }
        finally
        {
            for (int tile = made - 1; tile >= 0 && made < all.Length; tile--)
                all[tile].Discard();
        }
    }

    private bool TryCreateTables(int tile, VmFacts facts, AllocationGate gate, LaterList later, out TileTables? tables)
    {
        tables = null;
        return (!facts.HasScratch || !Device.Failures.Fires(FailurePoint.ScratchCreate)) && TileTables.Create(
            Device.Tables[tile], gate, later, facts.Platform, Device.Encoding, facts.HasScratch, out tables) == Errno.Ok;
    }

    /// <summary>The VM gets the workers of its mode, and everybody who has to know of it gets to know.</summary>
    private void Enlist(VmContext vm)
    {
        vm.UserFenceJobs.Written = Device.UserFenceWritten;
        if (vm.Facts.Mode == VmMode.PreemptFence)
            vm.Preemption = new RebindWorker(vm, Device.Residency, Device.Scheduler);
        if (vm.Facts.IsFaultMode && Process is { } process)
            vm.Mirrors = new MirrorSpace(
                vm, process, Device.Mirrors, Device.Options.SvmNotifierBytes, Device.Scheduler, Device.Residency.Vms);
        Device.Residency.Vms.Add(vm);
        Device.Faults.Add(vm);
        _reaching.Add(vm);
        AttachProcess(vm);
        if (Device.Watch.IsTraced)
            VmEvents.Create(vm);
    }

    private void Ended(VmTeardown teardown)
    {
        _ending.Remove(teardown);
        _reaching.Remove(teardown.Vm);
        Device.Residency.Vms.Remove(teardown.Vm);
        Device.AddEnded(teardown.Vm.Counters);
        Device.Faults.Remove(teardown.Vm);
    }

    /// <summary>Userptrs that a VM binds from now on are of the client's process.</summary>
    private void AttachProcess(VmContext vm) => vm.Vmas.Process = Process is { } space
        ? new HostUserptrs(vm, space, vm.Facts.IsFaultMode ? Device.Mirrors.Owner : null, _reaching, Device.WaitForChange)
        : null;

    private BindCheckContext CheckContextOf(VmFacts facts) => new()
    {
        Pat = Device.Platform.Pat.Entries,
        MemoryRegionMask = Device.Platform.MemoryRegionMask,
        VmSize = Device.Platform.VmSize,
        Mode = facts.Mode,
        Profile = Device.Options.Profile,
        SvmPresent = Device.Options.SvmPresent,
        UserptrPresent = Device.Options.UserptrPresent,
        DebugBuild = Device.Options.DebugBuild,
    };
}
