using XePt.Calls;
using XePt.Gpuva;

namespace XePt.Pipeline;

/// <summary>Changes of the VMA list by themselves: ops that are parsed and finished, and for which nothing is staged (advice, autoreset).
/// Inside the VM, in a call that has no ops of its own yet.</summary>
internal static class MapEdit
{
    /// <summary>Parses the next op of the call and applies it to the map.</summary>
    /// <returns>Done, or refused: then the caller takes everything back.</returns>
    public static Outcome Parse(VmContext vm, ref GpuvaOp op)
    {
        Outcome outcome = OpParse.Parse(op.Kind, vm.Gpuva, ref vm.Call.Parsing, ref op);
        if (outcome == Outcome.Done)
            vm.Call.Parsing.Parsed++;
        return outcome;
    }

    /// <summary>The new list is there to stay. What the GPU may still use of removed VMAs goes when everything in flight is
    /// complete.</summary>
    public static void Keep(VmContext vm)
    {
        vm.Space.ForgetRoom();
        Fence after = vm.FenceOfAll();
        foreach (ref readonly GpuvaOp op in vm.Call.Ops.Items)
            OpFinish.Finish(op.Kind, vm.Gpuva, after, userFence: 0, op);
        Forget(vm.Call);
    }

    /// <summary>The list is as before.</summary>
    public static void TakeBack(VmContext vm)
    {
        BindPipeline.Unwind(vm, vm.Call);
        vm.Space.ForgetRoom();
        Forget(vm.Call);
    }

    private static void Forget(BindCall call)
    {
        call.Ops.Clear();
        call.Parsing.Begin(call.Number);
    }
}
