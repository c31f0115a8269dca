using System.Collections.Immutable;
using XePt.Uapi.Formats;

namespace XePt.Uapi.Checks;

/// <summary>What the argument checks of VM_BIND know about device, build and VM.</summary>
internal readonly struct BindCheckContext
{
    /// <summary>The platform's PAT table; its length is the number of valid indices.</summary>
    public required ImmutableArray<PatEntry> Pat { get; init; }

    /// <summary>Bit n is set when memory region n exists (UAPI-013).</summary>
    public required uint MemoryRegionMask { get; init; }

    /// <summary>Size of the VM in bytes: valid addresses are <c>[0, VmSize)</c> (BIND-002).</summary>
    public required ulong VmSize { get; init; }

    /// <summary>The mode of the VM.</summary>
    public required VmMode Mode { get; init; }

    /// <summary>The stage of the uAPI the device behaves as.</summary>
    public XeProfile Profile { get; init; }

    /// <summary>Whether the build has SVM, without which there are no CPU address mirrors (BIND-003).</summary>
    public bool SvmPresent { get; init; }

    /// <summary>Whether the build has userptr support (BIND-083).</summary>
    public bool UserptrPresent { get; init; }

    /// <summary>Whether the build accepts the error injection flag, bit 31 (BIND-220).</summary>
    public bool DebugBuild { get; init; }
}
