using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_EXEC_QUEUE_CREATE: <c>instances</c> is the array itself; a bind queue has one of class VM_BIND.</summary>
internal sealed record ExecQueueCreateCall(
    StructImage Args, StructImage[] Instances, ExtensionList? Extensions, bool HasWidth, bool HasPlacements, string? As) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        StructImage[] instances = StructImage.ReadArray("instances", "drm_xe_engine_class_instance", fields, profile);
        bool hasWidth = fields.Has("width"), hasPlacements = fields.Has("num_placements");
        string? name = HandleNames.Take(fields, "exec_queue_id");
        ExtensionList? extensions = ExtensionList.Take("drm_xe_exec_queue_create", fields, profile);
        return new ExecQueueCreateCall(
            StructImage.Read("drm_xe_exec_queue_create", fields, profile), instances, extensions, hasWidth, hasPlacements, name);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeExecQueueCreate>(player.Names);
        DrmXeEngineClassInstance[] instances = [.. Instances.Select(instance => instance.ToStruct<DrmXeEngineClassInstance>(player.Names))];
        if (!HasWidth)
            args.Width = 1;
        if (!HasPlacements)
            args.NumPlacements = (ushort)(args.Width == 0 ? 0 : instances.Length / args.Width);
        Args.Cut(ref args);
        Errno errno = Make(player, ref args, CallText.Counted(instances, (uint)args.Width * args.NumPlacements));
        Args.Cut(ref args);
        uint id = errno == Errno.Ok ? args.ExecQueueId : 0;
        player.Names.Set(As, HandleKind.Queue, id);

        string engines = string.Join(", ", instances.Select(engine => $"{CallText.Of(engine.EngineClass)} {engine.EngineInstance}"));
        string extensions = Extensions is null or { IsEmpty: true } ? "" : $", {Extensions}";
        string made = id == 0 ? "" : $" -> queue {id}";
        return new CallResult(errno, player.File.LastRejection, 0, $"vm {args.VmId}: {engines}{extensions}{made}")
        {
            Fields = FieldReader.Of("drm_xe_exec_queue_create", args),
        };
    }

    private Errno Make(TracePlayer player, ref DrmXeExecQueueCreate args, ReadOnlySpan<DrmXeEngineClassInstance> instances)
    {
        if (Extensions is null)
            return player.File.ExecQueueCreate(ref args, instances);
        using TraceMemory.Chain chain = Extensions.Lay(player, out args.Extensions);
        Args.Cut(ref args);
        return player.File.ExecQueueCreate(ref args, instances);
    }
}

/// <summary>DRM_IOCTL_XE_EXEC_QUEUE_DESTROY.</summary>
internal sealed record ExecQueueDestroyCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new ExecQueueDestroyCall(StructImage.Read("drm_xe_exec_queue_destroy", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeExecQueueDestroy>(player.Names);
        Errno errno = player.File.ExecQueueDestroy(args);
        return new CallResult(errno, player.File.LastRejection, 0, QueueText.Of(args.ExecQueueId, player.Names));
    }
}

/// <summary>DRM_IOCTL_XE_EXEC_QUEUE_GET_PROPERTY.</summary>
internal sealed record ExecQueueGetPropertyCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new ExecQueueGetPropertyCall(StructImage.Read("drm_xe_exec_queue_get_property", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeExecQueueGetProperty>(player.Names);
        Errno errno = player.File.ExecQueueGetProperty(ref args);
        Args.Cut(ref args);
        return new CallResult(
            errno, player.File.LastRejection, 0,
            $"{QueueText.Of(args.ExecQueueId, player.Names)}: {CallText.Of(args.Property)} = {args.Value}")
        { Values = [args.Value], Fields = FieldReader.Of("drm_xe_exec_queue_get_property", args) };
    }
}

/// <summary>DRM_IOCTL_XE_EXEC_QUEUE_SET_PROPERTY.</summary>
internal sealed record ExecQueueSetPropertyCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new ExecQueueSetPropertyCall(StructImage.Read("drm_xe_exec_queue_set_property", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeExecQueueSetProperty>(player.Names);
        Errno errno = player.File.ExecQueueSetProperty(args);
        return new CallResult(
            errno, player.File.LastRejection, 0,
            $"{QueueText.Of(args.ExecQueueId, player.Names)}: {CallText.Of(args.Property)} = {args.Value}");
    }
}

/// <summary>DRM_IOCTL_XE_EXEC: one job. <c>address</c> is the batch, or on a wider queue the array of batches itself.</summary>
internal sealed record ExecCall(StructImage Args, StructImage[] Syncs, ulong[] Batches, bool HasSyncCount, bool HasBatchCount) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        StructImage[] syncs = StructImage.ReadArray("syncs", "drm_xe_sync", fields, profile);
        ulong[] batches = fields.KindOf("address") == System.Text.Json.JsonValueKind.Array ? HandleList.TakeNumbers(fields, "address") : [];
        bool hasSyncs = fields.Has("num_syncs"), hasBatches = fields.Has("num_batch_buffer");
        return new ExecCall(StructImage.Read("drm_xe_exec", fields, profile), syncs, batches, hasSyncs, hasBatches);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeExec>(player.Names);
        DrmXeSync[] syncs = [.. Syncs.Select(sync => sync.ToStruct<DrmXeSync>(player.Names))];
        if (!HasSyncCount)
            args.NumSyncs = (uint)syncs.Length;
        if (!HasBatchCount)
            args.NumBatchBuffer = (ushort)Math.Max(1, Batches.Length);
        if (Batches.Length == 1)
            args.Address = Batches[0];
        Args.Cut(ref args);
        var streamer = player.Device.Options.JobSink as CommandStreamer;
        long failed = streamer?.Counters.JobsFailed ?? 0;
        Errno errno = player.File.Exec(args, CallText.Counted(syncs, args.NumSyncs), CallText.Counted(Batches, args.NumBatchBuffer));
        string batch = args.NumBatchBuffer == 0 ? "no batch" : $"batch 0x{(Batches.Length > 0 ? Batches[0] : args.Address):x}";
        uint vm = player.File.FindQueue(args.ExecQueueId)?.VmId ?? 0;
        string text =
            $"{QueueText.Of(args.ExecQueueId, player.Names)}: {batch}{CallText.Of(syncs, args.NumSyncs, player.Names)}";
        if (streamer is not null && streamer.Counters.JobsFailed != failed)
            text += $"; {streamer.LastFailure}";
        return new CallResult(errno, player.File.LastRejection, vm, text);
    }
}

/// <summary>Queues in a few words.</summary>
internal static class QueueText
{
    /// <summary><c>queue 3 (render)</c>.</summary>
    public static string Of(uint id, HandleNames names) => $"queue {names.Describe(HandleKind.Queue, id)}";
}
