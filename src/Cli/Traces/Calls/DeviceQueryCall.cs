using System.Runtime.InteropServices;
using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_DEVICE_QUERY. Without <c>size</c> it is both calls that a client makes: for the size, and for the answer. With
/// <c>data</c> the answer goes to the client's memory; else <c>in</c> may say what the buffer holds before.</summary>
internal sealed record DeviceQueryCall(StructImage Args, StructImage? In, bool HasSize, bool HasData) : ITraceCall
{
    // No answer is as large; a call with another size is refused before the buffer is looked at.
    private const uint LargestBuffer = 1 << 16;

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        bool hasSize = fields.Has("size"), hasData = fields.Has("data");
        bool hasIn = fields.TryTake("in", out JsonElement question);
        StructImage args = StructImage.Read("drm_xe_device_query", fields, profile);
        if (!hasIn)
            return new DeviceQueryCall(args, In: null, hasSize, hasData);
        if (hasData)
            throw new MalformedRecordException("'in' and 'data': what the buffer holds is in the client's memory, or in the record");

        DeviceQueryId query = args.ToStruct<DrmXeDeviceQuery>().Query;
        string name = QueryFields.QuestionOf(query)
            ?? throw new MalformedRecordException($"'in': query {(uint)query} reads nothing from its buffer");
        var inside = new JsonFields(question, "in");
        StructImage image = StructImage.Read(name, inside, profile);
        inside.End();
        return new DeviceQueryCall(args, image, hasSize, hasData);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeDeviceQuery>();
        byte[] answer = [];
        Errno errno = HasSize ? Ask(player, ref args, out answer) : AskTwice(player, ref args, out answer);
        string told = errno != Errno.Ok ? "" : answer.Length == 0 ? $" -> {args.Size} bytes" : $" -> {QueryText.Of(args.Query, answer)}";
        StructField fields = FieldReader.Of("drm_xe_device_query", args);
        return new CallResult(errno, player.File.LastRejection, 0, $"{QueryText.NameOf(args.Query)}{told}")
        {
            Values = [args.Size],
            Fields = new StructField([
                KeyValuePair.Create("query", fields.Find("query")!), KeyValuePair.Create("size", fields.Find("size")!),
                .. errno == Errno.Ok ? QueryFields.Of(args.Query, answer).Fields : []]),
        };
    }

    private Errno AskTwice(TracePlayer player, ref DrmXeDeviceQuery args, out byte[] answer)
    {
        args.Size = 0;
        Errno errno = Ask(player, ref args, out answer);
        return errno == Errno.Ok && args.Size != 0 ? Ask(player, ref args, out answer) : errno;
    }

    private Errno Ask(TracePlayer player, ref DrmXeDeviceQuery args, out byte[] answer)
    {
        bool asksForSize = args.Size == 0;
        var buffer = new byte[Math.Min(args.Size, LargestBuffer)];
        In?.CopyTo(buffer);
        Errno errno = HasData
            ? player.File.Ioctl(XeIoctl.DeviceQuery, MemoryMarshal.AsBytes(new Span<DrmXeDeviceQuery>(ref args)))
            : player.File.DeviceQuery(ref args, buffer);
        Args.Cut(ref args);
        if (HasData && errno == Errno.Ok && !asksForSize)
            player.Memory.TryRead(args.Data, buffer);
        answer = errno == Errno.Ok && !asksForSize ? buffer : [];
        return errno;
    }
}
