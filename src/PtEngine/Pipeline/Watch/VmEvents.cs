using XePt.Diagnostics;

namespace XePt.Pipeline;

/// <summary>Raises the events about VMs (PT-201).</summary>
internal static class VmEvents
{
    // The driver's bits.
    private const uint Needs64K = 1, LongRunning = 1 << 1, ScratchPage = 1 << 3, FaultMode = 1 << 4, Banned = 1 << 5;

    public static void OpsFail(VmContext vm) => EngineEvents.VmOpsFail(vm.Watch, Of(vm));

    public static void Kill(VmContext vm) => EngineEvents.VmKill(vm.Watch, Of(vm));

    public static void Create(VmContext vm) => EngineEvents.VmCreate(vm.Watch, Of(vm));

    public static void Free(VmContext vm) => EngineEvents.VmFree(vm.Watch, Of(vm));

    public static void CpuBind(VmContext vm) => EngineEvents.VmCpuBind(vm.Watch, Of(vm));

    /// <summary>A VM as it is now.</summary>
    public static VmEvent Of(VmContext vm) => new()
    {
        Vm = (ulong)vm.Tlb.Vm.Number,
        Asid = vm.Tlb.Vm.Asid,
        Flags = FlagsOf(vm),
    };

    private static uint FlagsOf(VmContext vm) =>
        (vm.Facts.VramNeeds64K ? Needs64K : 0) | (vm.Facts.Mode != Uapi.VmMode.DmaFence ? LongRunning : 0)
        | (vm.Facts.HasScratch ? ScratchPage : 0) | (vm.Facts.IsFaultMode ? FaultMode : 0) | (vm.IsBanned ? Banned : 0);
}
