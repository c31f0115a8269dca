using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>Something that a client, the embedder or a worker wants of one VM.</summary>
internal interface IVmOperation
{
    /// <summary>It uses the VM's call object. Otherwise what the last call left to look at stays.</summary>
    bool BeginsCall(VmContext vm);

    /// <summary>Does it, inside the VM. It may be asked to do it once more, from the start, after it has taken everything back
    /// (<see cref="Outcome.Restart"/>).</summary>
    Outcome Run(VmContext vm);
}

/// <summary>The one place where a call of a VM begins and ends. An operation may have to start again inside all VMs, because memory has to
/// move (BIND-194).</summary>
internal static class VmEntry
{
    /// <summary>Enters, begins the call, runs, ends the call and leaves. From inside no VM.</summary>
    /// <param name="vms">All VMs of the device.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="waits">For the end of a change that the operation has met (<see cref="Outcome.Again"/>), outside of the VM.</param>
    /// <returns>What the operation returned; never <see cref="Outcome.Restart"/>, and <see cref="Outcome.Again"/> only to who does not
    /// wait.</returns>
    public static Outcome Run<TOperation>(AllVms vms, VmContext vm, ref TOperation operation, bool waits = true)
        where TOperation : struct, IVmOperation, allows ref struct
    {
        ThreadJobs thread = vm.Writer.Enter();
        Outcome outcome;
        // Not finally: who leaves without an exception, as nearly all do, would call that like a method.
        try
        {
            if (operation.BeginsCall(vm))
                Begin(vm);
            outcome = operation.Run(vm);
        }
        catch (Exception thrown)
        {
            Leave(vm, thread);
            vm.Watch.Fail(thrown);
            throw;
        }

        Leave(vm, thread);
        return outcome >= Outcome.Restart ? StartAgain(vms, vm, ref operation, outcome, waits) : outcome;
    }

    /// <summary>The same, with the reason and the fence.</summary>
    public static CallAnswer Ask<TOperation>(AllVms vms, VmContext vm, ref TOperation operation, bool waits = true)
        where TOperation : struct, IVmOperation
    {
        var asked = new Asked<TOperation>(ref operation);
        Run(vms, vm, ref asked, waits);
        return asked.Answer;
    }

    /// <summary>The same as <see cref="Run"/> for who is inside the VM already, between two calls.</summary>
    /// <returns>What the operation returned.</returns>
    public static Outcome RunInside<TOperation>(VmContext vm, ref TOperation operation)
        where TOperation : struct, IVmOperation, allows ref struct
    {
        try
        {
            if (operation.BeginsCall(vm))
                Begin(vm);
            return operation.Run(vm);
        }
        catch (Exception thrown)
        {
            vm.Watch.Fail(thrown);
            throw;
        }
        finally
        {
            vm.Call.End();
        }
    }

    /// <summary>Enters all VMs for something that is a call on each of them. From inside no VM.</summary>
    public static TAnswer RunInAll<TAnswer>(AllVms vms, DeviceWatch watch, Func<TAnswer> operation)
    {
        using AllVms.Stay stay = vms.Enter();
        try
        {
            foreach (VmContext vm in vms.Vms)
            {
                if (!vm.IsClosed)
                    Begin(vm);
            }

            return operation();
        }
        catch (Exception thrown)
        {
            watch.Fail(thrown);
            throw;
        }
        finally
        {
            foreach (VmContext vm in vms.Vms)
                vm.Call.End();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Leave(VmContext vm, ThreadJobs thread)
    {
        vm.Call.End();
        vm.Writer.Exit(thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome StartAgain<TOperation>(AllVms vms, VmContext vm, ref TOperation operation, Outcome outcome, bool waits)
        where TOperation : struct, IVmOperation, allows ref struct
    {
        if (outcome == Outcome.Restart)
            outcome = RunInsideAll(vms, vm, ref operation);
        for (var rounds = default(ChangeRounds); outcome == Outcome.Again && waits;)
        {
            using ChangeRounds.Round round = rounds.Next();
            outcome = Run(vms, vm, ref operation, waits: false);
        }

        return outcome;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome RunInsideAll<TOperation>(AllVms vms, VmContext vm, ref TOperation operation)
        where TOperation : struct, IVmOperation, allows ref struct
    {
        using AllVms.Stay stay = vms.Enter(with: vm);
        return RunInside(vm, ref operation);
    }

    private ref struct Asked<TOperation>(ref TOperation operation) : IVmOperation
        where TOperation : struct, IVmOperation
    {
        private readonly ref TOperation _operation = ref operation;

        public CallAnswer Answer { get; private set; }

        public readonly bool BeginsCall(VmContext vm) => _operation.BeginsCall(vm);

        public Outcome Run(VmContext vm)
        {
            Outcome outcome = _operation.Run(vm);
            Answer = CallAnswer.Of(vm.Call, outcome);
            return outcome;
        }
    }

    /// <summary>A VM that ends stages nothing any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin(VmContext vm)
    {
        vm.Call.Begin();
        if (vm.IsClosed)
            return;
        if (vm.Later.HasRipe)
            vm.Later.Harvest();
        vm.Call.BeginSubmission();
    }
}
