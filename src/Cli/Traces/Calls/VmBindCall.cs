using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_VM_BIND: the struct by its C fields, its ops as <c>binds</c> and its sync entries as <c>syncs</c>.</summary>
internal sealed record VmBindCall(StructImage Args, StructImage[] Binds, StructImage[] Syncs, bool HasBindCount, bool HasSyncCount)
    : ITraceCall
{
    private const int MaxListed = 4;

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        StructImage[] binds = StructImage.ReadArray("binds", "drm_xe_vm_bind_op", fields, profile);
        StructImage[] syncs = StructImage.ReadArray("syncs", "drm_xe_sync", fields, profile);
        bool hasBindCount = fields.Has("num_binds"), hasSyncCount = fields.Has("num_syncs");
        return new VmBindCall(StructImage.Read("drm_xe_vm_bind", fields, profile), binds, syncs, hasBindCount, hasSyncCount);
    }

    /// <summary>The structs as the ioctl gets them.</summary>
    public DrmXeVmBind ToStructs(HandleNames names, out DrmXeVmBindOp[] binds, out DrmXeSync[] syncs)
    {
        var args = Args.ToStruct<DrmXeVmBind>(names);
        binds = [.. Binds.Select(op => op.ToStruct<DrmXeVmBindOp>(names))];
        syncs = [.. Syncs.Select(sync => sync.ToStruct<DrmXeSync>(names))];
        if (!HasBindCount)
            args.NumBinds = (uint)binds.Length;
        if (!HasSyncCount)
            args.NumSyncs = (uint)syncs.Length;
        if (args.NumBinds == 1 && binds.Length > 0)
            args.Bind = binds[0];
        Args.Cut(ref args);
        return args;
    }

    public CallResult Play(TracePlayer player)
    {
        DrmXeVmBind args = ToStructs(player.Names, out DrmXeVmBindOp[] binds, out DrmXeSync[] syncs);
        player.Process.CheckPrefetches(binds);
        // A trace may say fewer than it lists; the driver then reads no more.
        Errno errno = player.File.VmBind(args, CallText.Counted(binds, args.NumBinds), CallText.Counted(syncs, args.NumSyncs));
        return new CallResult(errno, player.File.LastRejection, args.VmId, Describe(player, args, binds, syncs));
    }

    private static string Describe(TracePlayer player, in DrmXeVmBind args, DrmXeVmBindOp[] binds, DrmXeSync[] syncs)
    {
        string ops = binds.Length == 0 ? "no op" : string.Join("; ", binds.Take(MaxListed).Select(op => CallText.Of(op, player)));
        string more = binds.Length > MaxListed ? $"; ... ({Console.Count.Of(binds.Length, "op")})" : "";
        string queue = args.ExecQueueId == 0 ? "" : $" {QueueText.Of(args.ExecQueueId, player.Names)}";
        return $"vm {args.VmId}{queue}: {ops}{more}{CallText.Of(syncs, args.NumSyncs, player.Names)}";
    }
}
