using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>The GPU faults at an address.</summary>
internal sealed record FaultEvent(HandleRef Vm, ulong Address) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new FaultEvent(HandleRef.Take(fields, "vm_id", HandleKind.Vm), fields.Take("addr").ToUInt64("addr"));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Vm.Resolve(player.Names));
        return vm.Context.Mirrors is not null && vm.FindVma(Address) is { Kind: VmaKind.Mirror }
            ? FaultMirror(vm) : VmEventResult.Of(vm, vm.Fault(Address), $"0x{Address:x}");
    }

    // Ranges, pages and migrations are the business of whoever answers page faults: a read of nothing more than the entry.
    private CallResult FaultMirror(XeVm vm)
    {
        GpuAccess access = vm.Access(Address, GpuAccessKind.Read, new byte[1]);
        return new CallResult(AccessText.ErrnoOf(access), access.Why, vm.Id, $"vm {vm.Id}: 0x{Address:x}");
    }
}

/// <summary>The mapping at an address is invalidated: its entries are zeroed in place.</summary>
internal sealed record ZapEvent(HandleRef Vm, ulong Address) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new ZapEvent(HandleRef.Take(fields, "vm_id", HandleKind.Vm), fields.Take("addr").ToUInt64("addr"));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Vm.Resolve(player.Names));
        return VmEventResult.Of(vm, vm.Zap(Address), $"0x{Address:x}");
    }
}

/// <summary>The result of an event on a VM.</summary>
internal static class VmEventResult
{
    public static CallResult Of(XeVm vm, Errno errno, string text) =>
        new(errno, errno == Errno.Ok ? default : vm.LastRejection, vm.Id, $"vm {vm.Id}: {text}");
}
