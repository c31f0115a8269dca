using XePt.Calls;
using XePt.Pipeline;

namespace XePt.Tests.Kit;

/// <summary>A call on a VM that a test makes up of what it wants to look at.</summary>
internal static class MadeUpCall
{
    /// <summary>Enters the VM and does something in a call of its own.</summary>
    public static void Run(XeVm vm, Action act) => Run(vm, () =>
    {
        act();
        return true;
    });

    /// <summary>The same, with an answer.</summary>
    public static T Run<T>(XeVm vm, Func<T> act)
    {
        var operation = new Operation<T>(act);
        VmEntry.Run(vm.File.Device.Residency.Vms, vm.Context, ref operation);
        return operation.Answer;
    }

    private struct Operation<T>(Func<T> act) : IVmOperation
    {
        public T Answer { get; private set; } = default!;

        public readonly bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            Answer = act();
            return Outcome.Done;
        }
    }
}
