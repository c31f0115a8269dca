using System.Text;
using XePt.Cli.Timeline;
using XePt.Diagnostics;
using XePt.Tests.Diagnostics.Events;

namespace XePt.Tests.Cli;

/// <summary>Timelines are what Perfetto's published schema says, and show what has happened.</summary>
/// <remarks>The part of the schema that is used stands here a second time. Each number, name and type below was compared on 2026-11-29 with
/// <c>trace.proto</c>, <c>trace_packet.proto</c> and, in <c>track_event</c>, <c>track_event.proto</c>, <c>track_descriptor.proto</c> and
/// <c>debug_annotation.proto</c> of <c>protos/perfetto/trace</c> in Perfetto's repository at commit ec5d16b14b74 (2026-08-22): all are as
/// there. So are the values of <c>TrackEvent.Type</c> (1 a slice begins, 2 it ends, 3 an instant) and of
/// <c>SEQ_INCREMENTAL_STATE_CLEARED</c> (1).</remarks>
[Collection(nameof(EventCapture))]
public class PerfettoTests
{
    // Of each message: field number to name and type; a type that is a message names it.
    private static readonly Dictionary<string, Dictionary<int, (string Name, string Type)>> Schema = new()
    {
        ["Trace"] = new() { [1] = ("packet", "TracePacket") },
        ["TracePacket"] = new()
        {
            [8] = ("timestamp", "uint64"),
            [10] = ("trusted_packet_sequence_id", "uint32"),
            [11] = ("track_event", "TrackEvent"),
            [13] = ("sequence_flags", "uint32"),
            [60] = ("track_descriptor", "TrackDescriptor"),
        },
        ["TrackDescriptor"] = new() { [1] = ("uuid", "uint64"), [2] = ("name", "string"), [5] = ("parent_uuid", "uint64") },
        ["TrackEvent"] = new()
        {
            [4] = ("debug_annotations", "DebugAnnotation"),
            [9] = ("type", "enum"),
            [11] = ("track_uuid", "uint64"),
            [22] = ("categories", "string"),
            [23] = ("name", "string"),
        },
        ["DebugAnnotation"] = new()
        {
            [2] = ("bool_value", "bool"),
            [3] = ("uint_value", "uint64"),
            [4] = ("int_value", "int64"),
            [6] = ("string_value", "string"),
            [10] = ("name", "string"),
        },
    };

    private static readonly HashSet<string> BoolFields =
        [.. XeEventInfo.All.SelectMany(info => info.Fields).Where(field => field.Type == typeof(bool)).Select(field => field.Name)];

    [Theory]
    [InlineData("compute-usm.xetrace")]
    [InlineData("async-binds.xetrace")]
    [InlineData("mirror-lifecycle.xetrace")]
    public void A_replay_makes_a_timeline_of_its_calls(string sample)
    {
        using var file = new TempFile([]);
        CliRun run = CliRun.Of("run", CliRun.Sample(sample), "--perfetto", file.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(CliRun.Of("run", CliRun.Sample(sample)).Out, run.Out);
        Packet[] packets = Check(File.ReadAllBytes(file.Path));
        Assert.Contains(packets, packet => packet.Track is { Name: "ioctls" });
        Assert.Contains(packets, packet => packet is { Event: { Type: 1, Name: "DRM_IOCTL_XE_VM_BIND" } });
        Assert.Contains(packets, packet => packet.Track is { Name: "stages" });
    }

    [Fact]
    public void Calls_stages_flushes_faults_migrations_and_fences_have_tracks_below_their_device()
    {
        string[] names = ["IoctlStart", "RunStart", "FlushStart", "FlushStop", "RunStop", "IoctlStop", "FaultStart", "MigrationStart",
            "MigrationStop", "FaultStop", "Fence", "xe_vma_bind", "StageStart"];
        using var stream = new MemoryStream();
        TimelineWriter.Write(stream, names.Select((name, i) => new TimelineEvent(
            i * 1000, XeEventInfo.All.Single(info => info.Name == name), "gpu", [("errno", -5), ("start", 5UL), ("in_vram", true)])));
        Packet[] packets = Check(stream.ToArray());
        TrackFields[] tracks = [.. packets.Select(packet => packet.Track).OfType<TrackFields>()];
        Assert.Equal(["gpu", "ioctls", "stages", "TLB flushes", "faults", "migrations", "fences", "Vma events"],
            tracks.Select(track => track.Name));
        Assert.All(tracks.Skip(1), track => Assert.Equal(tracks[0].Uuid, track.Parent));
        // The last stage is ended by the end of the timeline.
        Assert.Equal(packets.Count(packet => packet.Event is { Type: 1 }), packets.Count(packet => packet.Event is { Type: 2 }));
    }

    [Fact]
    public void A_timeline_is_of_one_trace_and_goes_where_it_can_be_written()
    {
        string sample = CliRun.Sample("compute-usm.xetrace");
        CliRun.Of("run", sample, sample, "--perfetto", "x").IsBadInput("--perfetto: writes the timeline of one trace");
        CliRun.Of("run", sample, "--perfetto", "/nowhere/at/all").IsBadInput("/nowhere/at/all: cannot be written");
    }

    [Fact]
    public void The_newest_events_are_written_when_an_expectation_is_not_met()
    {
        using TempFile unmet = TempFile.Trace("""{"ioctl":"VM_CREATE","expect":{"errno":"EINVAL"}}""");
        using TempFile met = TempFile.Trace("""{"ioctl":"VM_CREATE"}""");
        using var events = new TempFile([]);
        Assert.Equal(0, CliRun.Of("run", met.Path, "--expect", "--events", events.Path).ExitCode);
        Assert.Equal("", File.ReadAllText(events.Path));
        Assert.Equal(1, CliRun.Of("run", unmet.Path, "--expect", "--events", events.Path).ExitCode);
        Assert.Contains("xe_vm_create vm=1", File.ReadAllText(events.Path), StringComparison.Ordinal);
        CliRun.Of("run", met.Path, "--events", events.Path).IsBadInput("--events: writes the events of one trace, with --expect");
    }

    /// <summary>Reads a timeline by the schema, and checks what Perfetto requires of one beside it.</summary>
    private static Packet[] Check(byte[] bytes)
    {
        Packet[] packets = [.. Fields("Trace", bytes).Select(field => PacketOf(Fields("TracePacket", (byte[])field.Value)))];
        Assert.NotEmpty(packets);
        var declared = new HashSet<ulong>();
        var open = new Dictionary<ulong, int>();
        ulong last = 0;
        foreach (Packet packet in packets)
        {
            Assert.Equal(1ul, packet.Sequence);
            if (packet.Track is { } track)
            {
                Assert.True(track.Uuid != 0 && declared.Add(track.Uuid) && (track.Parent == 0 || declared.Contains(track.Parent)));
                continue;
            }

            EventFields happened = packet.Event!;
            Assert.True(packet.Time >= last && declared.Contains(happened.Track) && happened.Type is 1 or 2 or 3);
            last = packet.Time;
            open[happened.Track] = open.GetValueOrDefault(happened.Track) + (happened.Type == 1 ? 1 : happened.Type == 2 ? -1 : 0);
            Assert.True(open[happened.Track] >= 0 && (happened.Type == 2) == (happened.Name == ""));
        }

        Assert.All(open.Values, depth => Assert.Equal(0, depth));
        Assert.Equal(1, packets.Count(packet => packet.IsFirst));
        Assert.True(packets[0].IsFirst);
        return packets;
    }

    private static Packet PacketOf(List<(string Name, object Value)> fields) => new(
        Number(fields, "timestamp"), Number(fields, "trusted_packet_sequence_id"), (Number(fields, "sequence_flags") & 1) != 0,
        Nested(fields, "track_descriptor", "TrackDescriptor") is { } track
            ? new TrackFields(Number(track, "uuid"), Text(track, "name"), Number(track, "parent_uuid")) : null,
        Nested(fields, "track_event", "TrackEvent") is { } happened
            ? new EventFields((int)Number(happened, "type"), Number(happened, "track_uuid"), Text(happened, "name")) : null);

    private static List<(string Name, object Value)>? Nested(List<(string Name, object Value)> fields, string name, string type)
    {
        if (fields.Find(field => field.Name == name).Value is not byte[] bytes)
            return null;
        List<(string Name, object Value)> nested = Fields(type, bytes);
        foreach ((_, object value) in nested.Where(field => field.Name == "debug_annotations"))
        {
            List<(string Name, object Value)> annotation = Fields("DebugAnnotation", (byte[])value);
            Assert.Equal(2, annotation.Count);
            Assert.NotEqual("", Text(annotation, "name"));
            // A bool is one, and nothing else is.
            Assert.Equal(
                BoolFields.Contains(Text(annotation, "name")), annotation.Exists(field => field.Name == "bool_value"));
        }

        return nested;
    }

    private static ulong Number(List<(string Name, object Value)> fields, string name) =>
        fields.Find(field => field.Name == name).Value as ulong? ?? 0;

    private static string Text(List<(string Name, object Value)> fields, string name) =>
        fields.Find(field => field.Name == name).Value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : "";

    private static List<(string Name, object Value)> Fields(string message, byte[] bytes)
    {
        var fields = new List<(string, object)>();
        for (int at = 0; at < bytes.Length;)
        {
            ulong tag = Varint(bytes, ref at);
            Assert.True(Schema[message].TryGetValue((int)(tag >> 3), out (string Name, string Type) field), $"{message} {tag >> 3}");
            bool isNumber = field.Type is "uint64" or "uint32" or "int64" or "enum" or "bool";
            Assert.Equal(isNumber ? 0ul : 2, tag & 7);
            ulong number = Varint(bytes, ref at);
            if (isNumber)
            {
                fields.Add((field.Name, number));
                continue;
            }

            fields.Add((field.Name, bytes[at..(at + (int)number)]));
            at += (int)number;
        }

        return fields;
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }

    private sealed record Packet(ulong Time, ulong Sequence, bool IsFirst, TrackFields? Track, EventFields? Event);

    private sealed record TrackFields(ulong Uuid, string Name, ulong Parent);

    private sealed record EventFields(int Type, ulong Track, string Name);
}
