using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Fences;

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

/// <summary>The one way into a VM for operations that may have to start again inside all VMs, because memory has to move
/// (BIND-194).</summary>
internal static class VmEntry
{
    /// <summary>Enters, begins the call, runs, ends the call and leaves. From inside no VM.</summary>
    /// <returns>What the operation returned; never <see cref="Outcome.Restart"/>.</returns>
    public static Outcome Run<TOperation>(AllVms vms, VmContext vm, ref TOperation operation)
        where TOperation : struct, IVmOperation, allows ref struct
    {
        ThreadJobs thread = vm.Writer.Enter();
        Outcome outcome;
        // Not finally: who leaves without an exception, as nearly all do, would call that like a method.
        try
        {
            Begin(vm, ref operation);
            outcome = operation.Run(vm);
        }
        catch (Exception thrown)
        {
            Leave(vm, thread);
            vm.Watch.Failed?.Invoke(thrown);
            throw;
        }

        Leave(vm, thread);
        return outcome == Outcome.Restart ? RunInsideAll(vms, vm, ref operation) : outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Leave(VmContext vm, ThreadJobs thread)
    {
        vm.Call.End();
        vm.Writer.Exit(thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome RunInsideAll<TOperation>(AllVms vms, VmContext vm, ref TOperation operation)
        where TOperation : struct, IVmOperation, allows ref struct
    {
        using AllVms.Stay stay = vms.Enter(with: vm);
        try
        {
            Begin(vm, ref operation);
            return operation.Run(vm);
        }
        finally
        {
            vm.Call.End();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin<TOperation>(VmContext vm, ref TOperation operation)
        where TOperation : struct, IVmOperation, allows ref struct
    {
        if (operation.BeginsCall(vm))
            vm.BeginCall();
    }
}
