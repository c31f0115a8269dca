using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>Raises the events of the stages of a bind, and those of its ops (PT-204).</summary>
internal readonly partial struct TracedRoad : IRoadWatch
{
    public static void Enter(VmContext vm, RoadStage stage)
    {
        BindCall call = vm.Call;
        int ops = stage < RoadStage.Reside ? call.Requests.Count : stage == RoadStage.Signal ? call.Syncs.Count : call.Ops.Count;
        var fields = new StageStartEvent { Vm = (ulong)vm.Tlb.Vm.Number, Call = call.Number, Ops = (uint)ops };
        switch (stage)
        {
            case RoadStage.Validate:
                EngineEvents.ValidateStart(vm.Watch, fields);
                break;
            case RoadStage.Split:
                EngineEvents.SplitStart(vm.Watch, fields);
                break;
            case RoadStage.Reside:
                EngineEvents.ResideStart(vm.Watch, fields);
                ValidateBos(vm);
                break;
            case RoadStage.Populate:
                EngineEvents.PopulateStart(vm.Watch, fields);
                break;
            case RoadStage.Stage:
                EngineEvents.StageStart(vm.Watch, fields);
                break;
            case RoadStage.Run:
                EngineEvents.RunStart(vm.Watch, fields);
                break;
            case RoadStage.Keep:
                EngineEvents.KeepStart(vm.Watch, fields);
                break;
            default:
                EngineEvents.SignalStart(vm.Watch, fields);
                break;
        }
    }

    public static void Leave(VmContext vm, RoadStage stage, Outcome outcome)
    {
        var fields = new StageStopEvent { Vm = (ulong)vm.Tlb.Vm.Number, Call = vm.Call.Number, Outcome = (int)outcome };
        switch (stage)
        {
            case RoadStage.Validate:
                EngineEvents.ValidateStop(vm.Watch, fields);
                break;
            case RoadStage.Split:
                EngineEvents.SplitStop(vm.Watch, fields);
                break;
            case RoadStage.Reside:
                EngineEvents.ResideStop(vm.Watch, fields);
                break;
            case RoadStage.Populate:
                EngineEvents.PopulateStop(vm.Watch, fields);
                break;
            case RoadStage.Stage:
                EngineEvents.StageStop(vm.Watch, fields);
                break;
            case RoadStage.Run:
                EngineEvents.RunStop(vm.Watch, fields);
                break;
            case RoadStage.Keep:
                EngineEvents.KeepStop(vm.Watch, fields);
                break;
            default:
                EngineEvents.SignalStop(vm.Watch, fields);
                break;
        }
    }

    public static void Prepared(VmContext vm)
    {
        for (int i = 0; i < vm.Call.Ops.Count; i++)
            Trace(vm.Call.Ops[i].Kind, vm, vm.Call.Ops[i]);
    }

    public static void Executed(VmContext vm, Outcome outcome)
    {
        if (outcome is Outcome.Refused)
            VmEvents.OpsFail(vm);
    }

    private static void ValidateBos(VmContext vm)
    {
        for (int i = 0; i < vm.Call.Ops.Count; i++)
            Validate(vm.Call.Ops[i].Kind, vm, vm.Call.Ops[i]);
    }

    /// <summary>What is bound is validated, whether or not it has its memory already; what is prefetched is moved instead.</summary>
    [OpDispatch]
    private static partial void Validate(GpuvaOpKind kind, VmContext vm, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map, For = nameof(Validate))]
    private static void ValidateMap(VmContext vm, in GpuvaOp op)
    {
        if (op.Plan == OpPlan.Bind)
            ValidateBo(vm, op.Vma);
    }

    [HandlesOp(GpuvaOpKind.Remap, For = nameof(Validate))]
    private static void ValidateRemap(VmContext vm, in GpuvaOp op)
    {
        ValidateBo(vm, op.Previous.Vma);
        ValidateBo(vm, op.Next.Vma);
    }

    [HandlesOp(GpuvaOpKind.Unmap, For = nameof(Validate))]
    [HandlesOp(GpuvaOpKind.Prefetch, For = nameof(Validate))]
    private static void ValidateNothing(VmContext vm, in GpuvaOp op)
    {
    }

    private static void ValidateBo(VmContext vm, int vma)
    {
        if (vma != 0 && vm.Space.Vmas[vma].Bo is var bo and not 0 && !vm.Memory.Bos[bo].IsPinned)
            BoEvents.Validate(vm.Watch, vm.Memory.Bos[bo]);
    }

    /// <summary>Records what <see cref="Prepared"/> tells, where nobody else wants it.</summary>
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static partial void Record(GpuvaOpKind kind, VmContext vm, RecordRing ring, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map, For = nameof(Record))]
    [HandlesOp(GpuvaOpKind.Prefetch, For = nameof(Record))]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RecordBind(VmContext vm, RecordRing ring, in GpuvaOp op) =>
        EngineEvents.RecordVmaBind(ring, VmaEvents.Of(vm, op.Vma));

    [HandlesOp(GpuvaOpKind.Unmap, For = nameof(Record))]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RecordUnbind(VmContext vm, RecordRing ring, in GpuvaOp op) =>
        EngineEvents.RecordVmaUnbind(ring, VmaEvents.Of(vm, op.Vma));

    [HandlesOp(GpuvaOpKind.Remap, For = nameof(Record))]
    private static void RecordRemap(VmContext vm, RecordRing ring, in GpuvaOp op) => Remap(vm, op);

    [OpDispatch]
    private static partial void Trace(GpuvaOpKind kind, VmContext vm, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map, For = nameof(Trace))]
    [HandlesOp(GpuvaOpKind.Prefetch, For = nameof(Trace))]
    private static void Bind(VmContext vm, in GpuvaOp op) => EngineEvents.VmaBind(vm.Watch, VmaEvents.Of(vm, op.Vma));

    [HandlesOp(GpuvaOpKind.Unmap, For = nameof(Trace))]
    private static void Unbind(VmContext vm, in GpuvaOp op) => EngineEvents.VmaUnbind(vm.Watch, VmaEvents.Of(vm, op.Vma));

    /// <summary>Neighbours that are skipped are told of, too (PT-204).</summary>
    [HandlesOp(GpuvaOpKind.Remap, For = nameof(Trace))]
    private static void Remap(VmContext vm, in GpuvaOp op)
    {
        EngineEvents.VmaUnbind(vm.Watch, VmaEvents.Of(vm, op.Vma));
        if (op.Previous.Exists)
            EngineEvents.VmaBind(vm.Watch, VmaEvents.Of(vm, op.Previous.Vma));
        if (op.Next.Exists)
            EngineEvents.VmaBind(vm.Watch, VmaEvents.Of(vm, op.Next.Vma));
    }
}
