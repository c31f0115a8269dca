namespace XePt.Uapi.Checks;

/// <summary>Where the flags of VM_BIND sit in each stage of the uAPI (specification 02 section 20).</summary>
public static class VmBindFlagBits
{
    private const VmBindFlags SeedMirror = (VmBindFlags)(1u << 4);

    /// <summary>The bit of the CPU address mirror flag: 5, in the seed 4.</summary>
    public static VmBindFlags Mirror(XeProfile profile) => profile == XeProfile.Final ? VmBindFlags.CpuAddrMirror : SeedMirror;

    /// <summary>The flags that the driver knows, without error injection: bits 0 to 6, in the seed 0 to 4 (BIND-072).</summary>
    public static VmBindFlags Supported(XeProfile profile) => profile == XeProfile.Final
        ? Common | VmBindFlags.CheckPxp | VmBindFlags.CpuAddrMirror | VmBindFlags.MadviseAutoreset
        : Common | SeedMirror;

    private const VmBindFlags Common = VmBindFlags.ReadOnly | VmBindFlags.Immediate | VmBindFlags.Null | VmBindFlags.Dumpable;
}
