using XePt.Uapi;

namespace XePt;

/// <summary>A refusal of what belongs to another VM names that VM, unless it is gone (BIND-038, BIND-106).</summary>
internal static class OtherVm
{
    /// <summary>The reason, with the name if it is of this kind.</summary>
    public static Rejection Name(XeFile client, in Rejection why)
    {
        object? owner = why.RuleId switch
        {
            "BIND-038" => client.FindBo((uint)why.Value)?.Object.PrivateTo,
            "BIND-106" => client.FindQueue((uint)why.Value)?.Vm,
            _ => null,
        };
        XeVm? other = owner is null ? null : client.Vms.FirstOrDefault(vm => ReferenceEquals(vm.Context, owner));
        return other is null ? why : why.With(new Comparand("its vm_id", other.Id));
    }
}
