using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_GEM_MMAP_OFFSET.</summary>
internal sealed record GemMmapOffsetCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new GemMmapOffsetCall(StructImage.Read("drm_xe_gem_mmap_offset", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeGemMmapOffset>(player.Names);
        Errno errno = player.File.GemMmapOffset(ref args);
        Args.Cut(ref args);
        string what = args.Flags != 0 ? CallText.Of(args.Flags) : $"handle {player.Names.Describe(HandleKind.Bo, args.Handle)}";
        string told = errno == Errno.Ok ? $" -> 0x{args.Offset:x}" : "";
        return new CallResult(errno, player.File.LastRejection, 0, $"{what}{told}")
        {
            Values = [args.Offset],
            Fields = FieldReader.Of("drm_xe_gem_mmap_offset", args),
        };
    }
}

/// <summary>DRM_IOCTL_XE_OBSERVATION, which no device of XePt has anything for.</summary>
internal sealed record ObservationCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new ObservationCall(StructImage.Read("drm_xe_observation_param", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeObservationParam>();
        Errno errno = player.File.Observation(args);
        return new CallResult(
            errno, player.File.LastRejection, 0, $"{CallText.Of(args.ObservationType)} {CallText.Of(args.ObservationOp)}");
    }
}

/// <summary>DRM_IOCTL_XE_VM_QUERY_MEM_RANGE_ATTRS. Without <c>num_mem_ranges</c>, <c>sizeof_mem_range_attr</c> and
/// <c>vector_of_mem_attr</c> it is both calls that a client makes: to count, and for the attributes.</summary>
internal sealed record MemRangeAttrsCall(StructImage Args, bool IsWhole) : ITraceCall
{
    private const string Name = "drm_xe_vm_query_mem_range_attr";

    // More ranges than a trace has; what a call asks for beyond that has no room of its own.
    private const uint MostRanges = 1 << 20;

    // Where a client would have its array; only whether it is 0 matters.
    private const ulong Somewhere = 0x1000;

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        bool isWhole = !fields.Has("num_mem_ranges") && !fields.Has("sizeof_mem_range_attr") && !fields.Has("vector_of_mem_attr");
        return new MemRangeAttrsCall(StructImage.Read(Name, fields, profile), isWhole);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeVmQueryMemRangeAttr>(player.Names);
        Errno errno = Ask(player, ref args, out DrmXeMemRangeAttr[] ranges);
        if (IsWhole && errno == Errno.Ok && args.NumMemRanges != 0)
        {
            args.VectorOfMemAttr = Somewhere;
            Args.Cut(ref args);
            errno = Ask(player, ref args, out ranges);
        }

        string told = errno == Errno.Ok ? $" -> {Console.Count.Of((int)args.NumMemRanges, "range")}" : "";
        string text =
            $"vm {player.Names.Describe(HandleKind.Vm, args.VmId)}: {CallText.Interval(args.Start, unchecked(args.Start + args.Range))}";
        return new CallResult(errno, player.File.LastRejection, args.VmId, text + told)
        {
            Values = [args.NumMemRanges, args.SizeofMemRangeAttr],
            Fields = FieldReader.Of(Name, args).With("mem_attrs", ListOf(ranges)),
        };
    }

    private Errno Ask(TracePlayer player, ref DrmXeVmQueryMemRangeAttr args, out DrmXeMemRangeAttr[] ranges)
    {
        var room = new DrmXeMemRangeAttr[Math.Min(args.NumMemRanges, MostRanges)];
        Errno errno = player.File.VmQueryMemRangeAttrs(ref args, room);
        Args.Cut(ref args);
        ranges = errno == Errno.Ok ? room[..(int)Math.Min((uint)room.Length, args.NumMemRanges)] : [];
        return errno;
    }

    private static ListField ListOf(DrmXeMemRangeAttr[] ranges) =>
        new([.. ranges.Select(range => (FieldValue)FieldReader.Of("drm_xe_mem_range_attr", range))]);
}
