using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Traces;

namespace XePt.Cli.State.Svm;

/// <summary>The mirrors of a VM as JSON, in dumps and in what verbs show.</summary>
internal static class MirrorJson
{
    /// <summary>Writes the field <c>mirrors</c>.</summary>
    public static void Write(Utf8JsonWriter json, VmMirrors mirrors)
    {
        json.WriteStartObject("mirrors");
        json.WriteObjects("ranges", mirrors.State.Ranges.Zip(mirrors.Shares), pair =>
        {
            (SvmRangeState range, MemoryShares shares) = pair;
            WriteInterval(json, range.Start, range.End);
            json.WriteString("binding", range.Binding);
            json.WriteNumber("present", range.Present);
            json.WriteNumber("invalidated", range.Invalidated);
            if (range.IsGiven)
                json.WriteBoolean("given", true);
            WriteShares(json, shares);
        });
        json.WriteObjects("notifiers", mirrors.State.Notifiers, notifier =>
        {
            WriteInterval(json, notifier.Start, notifier.End);
            json.WriteNumber("ranges", notifier.Ranges);
        });
        json.WriteEndObject();
    }

    /// <summary>Writes where bytes are.</summary>
    public static void WriteShares(Utf8JsonWriter json, MemoryShares shares) => json.WriteObjects("pages", shares.Shares, share =>
    {
        json.WriteString("memory", share.Place.Word);
        if (share.Place.Home == PageHome.Vram)
            json.WriteNumber("tile", share.Place.Tile);
        json.WriteNumber("bytes", share.Bytes);
    });

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    public static VmMirrors Read(JsonElement json)
    {
        var fields = new JsonFields(json, "mirrors");
        (SvmRangeState State, MemoryShares Shares)[] ranges = StateReader.ReadEach(
            fields.Take("ranges"), "ranges", ReadRange, range => range.State.Start);
        SvmNotifierState[] notifiers = StateReader.ReadEach(
            fields.Take("notifiers"), "notifiers", ReadNotifier, notifier => notifier.Start);
        fields.End();
        return new VmMirrors(
            new SvmState([.. ranges.Select(range => range.State)], notifiers), [.. ranges.Select(range => range.Shares)]);
    }

    private static (SvmRangeState State, MemoryShares Shares) ReadRange(JsonElement json)
    {
        var fields = new JsonFields(json, "range");
        string binding = fields.Take("binding").ToText("binding");
        var range = new SvmRangeState(
            fields.Take("start").ToUInt64("start"),
            fields.Take("end").ToUInt64("end"),
            fields.Take("present").ToInt32("present"),
            fields.Take("invalidated").ToInt32("invalidated"),
            binding == SvmRangeState.Garbage,
            fields.TakeBool("given"));
        if (range.Binding != binding)
            throw new MalformedRecordException($"range: 'binding' is \"{binding}\" where \"{range.Binding}\" is meant");
        var shares = new MemoryShares([.. fields.Take("pages").ToArray("pages").Select(ReadShare)]);
        fields.End();
        return (range, shares);
    }

    private static (PagePlace Place, ulong Bytes) ReadShare(JsonElement json)
    {
        var fields = new JsonFields(json, "pages");
        PagePlace place = PagePlace.Parse(fields.Take("memory").ToText("memory"));
        if (place.Home == PageHome.Vram)
            place = place with { Tile = fields.Take("tile").ToInt32("tile") };
        ulong bytes = fields.Take("bytes").ToUInt64("bytes");
        fields.End();
        return (place, bytes);
    }

    private static SvmNotifierState ReadNotifier(JsonElement json)
    {
        var fields = new JsonFields(json, "notifier");
        var notifier = new SvmNotifierState(
            fields.Take("start").ToUInt64("start"), fields.Take("end").ToUInt64("end"), fields.Take("ranges").ToInt32("ranges"));
        fields.End();
        return notifier;
    }

    private static void WriteInterval(Utf8JsonWriter json, ulong start, ulong end)
    {
        json.WriteHex("start", start);
        json.WriteHex("end", end);
    }
}
