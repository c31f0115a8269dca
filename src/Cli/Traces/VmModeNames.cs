using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>VM modes by the names of specification 02 section 4.</summary>
internal static class VmModeNames
{
    public static VmMode Parse(string name) => name switch
    {
        "dma-fence" => VmMode.DmaFence,
        "preempt-fence" => VmMode.PreemptFence,
        "fault" => VmMode.Fault,
        _ => throw new MalformedRecordException($"unknown VM mode \"{name}\"; known are dma-fence, preempt-fence, fault"),
    };

    public static string NameOf(VmMode mode) => mode switch
    {
        VmMode.Fault => "fault",
        VmMode.PreemptFence => "preempt-fence",
        _ => "dma-fence",
    };
}
