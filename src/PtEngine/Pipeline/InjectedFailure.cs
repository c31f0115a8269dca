using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>Says who asked for an injected failure: the op whose flags did (BIND-220), or the embedder who armed the place (BIND-223).</summary>
internal static class InjectedFailure
{
    public static Errno AtLock(VmContext vm) =>
        AskedBy(vm, out ulong flags) is var op and >= 0
            ? vm.Refuse(Refusals.VmBindInjectedAtLock(flags), op)
            : vm.Refuse(Refusals.VmBindArmedAtLock((ulong)vm.Requests.Count));

    public static Errno AtPrepare(VmContext vm, int tile) =>
        AskedBy(vm, out ulong flags) is var op and >= 0
            ? vm.Refuse(Refusals.VmBindInjectedAtPrepare(flags), op)
            : vm.Refuse(Refusals.VmBindArmedAtPrepare((ulong)tile));

    public static Errno AtRun(VmContext vm, int tile) =>
        AskedBy(vm, out ulong flags) is var op and >= 0
            ? vm.Refuse(Refusals.VmBindInjectedAtRun(flags), op)
            : vm.Refuse(Refusals.VmBindArmedAtRun((ulong)tile));

    /// <summary>The first op that forces an error and its flags, or -1 when none does.</summary>
    private static int AskedBy(VmContext vm, out ulong flags)
    {
        for (int i = 0; i < vm.Requests.Count; i++)
        {
            flags = vm.Requests[i].RawFlags;
            if (vm.Requests[i].ForceError)
                return i;
        }

        flags = 0;
        return -1;
    }
}
