using XePt.Calls;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Svm;

/// <summary>Gives the mirror where a range was its default attributes back, when it asks for that, and joins it with neighbours that have
/// them (SVM-170 to SVM-177).</summary>
internal static partial class AutoReset
{
    /// <summary>Looks at the mirror where memory was unmapped. Inside the VM, in a call that has no ops of its own.</summary>
    /// <returns>Ok; -EAGAIN when VMAs were replaced; -EINVAL when there is no mirror (SVM-166); -ENOMEM or -EBUSY when they could not be
    /// replaced, and then the VM is banned (SVM-177).</returns>
    public static Errno Run(MirrorSpace space, ulong start, ulong end)
    {
        VmContext vm = space.Vm;
        int vma = vm.FindVma(start);
        if (vma == 0 || !vm.Space.Vmas[vma].IsMirror)
            return Errno.EINVAL;
        ref Vma v = ref vm.Space.Vmas[vma];
        if ((v.Flags & VmaFlags.Autoreset) == 0)
            return Errno.Ok;

        bool wasDefault = v.Attributes.AreDefault;
        if (wasDefault)
            (start, end) = (v.Start, v.End);
        else if (v.Start == start && v.End == end)
            v.Attributes = new VmaAttributes { Pat = v.Attributes.DefaultPat };
        MapRequest wanted = MirrorMerge.Widen(vm.Space, new MapRequest(start, end, Bo: 0, Offset: 0), space.Size);
        if (wasDefault && wanted.Start == v.Start && wanted.End == v.End)
            return Errno.Ok;
        return Replace(vm, wanted);
    }

    private static Errno Replace(VmContext vm, in MapRequest wanted)
    {
        Errno error = GpuvaSplit.Map(vm.Space, wanted, ref vm.Call.Ops);
        if (error == Errno.Ok)
            error = Parse(vm);
        if (error == Errno.Ok)
        {
            MapEdit.Keep(vm);
            return Errno.EAGAIN;
        }

        MapEdit.TakeBack(vm);
        vm.Ban();
        return error;
    }

    private static Errno Parse(VmContext vm)
    {
        Inherit(vm);
        vm.Call.Parsing.AllowsRangeRemoval = true;
        for (int i = 0; i < vm.Call.Ops.Count; i++)
        {
            if (MapEdit.Parse(vm, ref vm.Call.Ops[i]) != Outcome.Done)
                return vm.Call.Why.Errno;
        }

        return Errno.Ok;
    }

    /// <summary>The new mirror is like the last of those that it replaces (SVM-176). The driver warns of each that has attributes of its
    /// own, which it should not (VEC-08).</summary>
    private static void Inherit(VmContext vm)
    {
        ref GpuvaOp map = ref vm.Call.Ops[vm.Call.Ops.Count - 1];
        foreach (ref readonly GpuvaOp op in vm.Call.Ops.Items)
            Inherit(op.Kind, vm, op.Vma, ref map);
    }

    [OpDispatch]
    private static partial void Inherit(GpuvaOpKind kind, VmContext vm, int vma, ref GpuvaOp map);

    /// <summary>It is the heir.</summary>
    [HandlesOp(GpuvaOpKind.Map)]
    private static void InheritNothing(VmContext vm, int vma, ref GpuvaOp map)
    {
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    private static void InheritWhole(VmContext vm, int vma, ref GpuvaOp map)
    {
        if (!vm.Space.Vmas[vma].Attributes.AreDefault)
            vm.Counters.Warnings++;
        InheritFrom(vm, vma, ref map);
    }

    [HandlesOp(GpuvaOpKind.Remap)]
    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static void InheritFrom(VmContext vm, int vma, ref GpuvaOp map)
    {
        ref Vma old = ref vm.Space.Vmas[vma];
        map.Pat = old.Attributes.DefaultPat;
        map.CreateFlags = old.Flags & VmaFlags.CreateMask;
    }
}
