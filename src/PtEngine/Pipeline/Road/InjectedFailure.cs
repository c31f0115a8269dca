using XePt.Calls;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>Says who asked for an injected failure: the op whose flags did (BIND-220), or the embedder who armed the place
/// (BIND-223).</summary>
internal static class InjectedFailure
{
    public static Outcome AtLock(BindCall call) =>
        AskedBy(call, out ulong flags) is var op and >= 0
            ? call.Refuse(Refusals.VmBindInjectedAtLock(flags), op)
            : call.Refuse(Refusals.VmBindArmedAtLock((ulong)call.Requests.Count));

    public static Outcome AtPrepare(BindCall call, int tile) =>
        AskedBy(call, out ulong flags) is var op and >= 0
            ? call.Refuse(Refusals.VmBindInjectedAtPrepare(flags), op)
            : call.Refuse(Refusals.VmBindArmedAtPrepare((ulong)tile));

    public static Outcome AtRun(BindCall call, int tile) =>
        AskedBy(call, out ulong flags) is var op and >= 0
            ? call.Refuse(Refusals.VmBindInjectedAtRun(flags), op)
            : call.Refuse(Refusals.VmBindArmedAtRun((ulong)tile));

    /// <summary>The first op that forces an error and its flags, or -1 when none does.</summary>
    private static int AskedBy(BindCall call, out ulong flags)
    {
        for (int i = 0; i < call.Requests.Count; i++)
        {
            flags = (uint)call.Requests[i].Given.Flags;
            if (call.Requests[i].ForceError)
                return i;
        }

        flags = 0;
        return -1;
    }
}
