using XePt.Generators.Common;

namespace XePt.Generators.Events;

/// <summary>Writes the methods that raise the events: into the event source if somebody listens, into the recorder of the device if it is
/// on.</summary>
internal static class EventMethodEmitter
{
    private const int Words = 3;

    public static string Emit(EventsModel model)
    {
        var code = CodeWriter.ForFile(model.Namespace, "System.Diagnostics.Tracing", "System.Runtime.CompilerServices");
        var isFirst = true;
        using (code.Block($"partial class {model.Type}"))
        {
            foreach (var @event in model.Events)
            {
                if (!isFirst)
                    code.Line();
                isFirst = false;
                code.Line("[MethodImpl(MethodImplOptions.NoInlining)]");
                using (code.Block(@event.Method.Declaration))
                    Emit(code, model, @event);
                EmitRecording(code.Line(), @event);
            }
        }

        return code.ToString();
    }

    private static void Emit(CodeWriter code, EventsModel model, EventModel @event)
    {
        var watch = @event.Method.Parameters[0];
        var fields = @event.Method.Parameters[1].Substring("in ".Length);
        var (source, level) = (EventSourceEmitter.TypeOf(model), $"EventLevel.{@event.Level}");
        code.Line($"if ({watch}.FeedsSource && {source}.Log.IsEnabled({level}, {source}.Keywords.{@event.Group}))");
        using (code.Indent())
        {
            var payload = @event.Payload.Select(field => $"({field.Type}){fields}.{field.Member}").Prepend($"{watch}.Name");
            code.Line($"{source}.Log.{@event.Name}({string.Join(", ", payload)});");
        }

        code.Line($"if ({watch}.Ring is {{ }} ring && ring.Takes(EventLevel.{@event.RecordLevel}, {model.GroupType}.{@event.Group}))");
        using (code.Indent())
            code.Line($"{RecordingOf(@event)}(ring, {fields});");
    }

    /// <summary>What is left where it is known already that a recorder takes the event and nobody else wants it.</summary>
    private static void EmitRecording(CodeWriter code, EventModel @event)
    {
        var words = Enumerable.Range(0, Words).Select(word => Word(@event, "fields", word));
        code.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        code.Line($"internal static void {RecordingOf(@event)}(RecordRing ring, in {@event.FieldsType} fields) =>");
        using (code.Indent())
            code.Line($"ring.Write({@event.Id}, {string.Join(", ", words)});");
    }

    private static string RecordingOf(EventModel @event) =>
        $"Record{@event.Method.Name.Substring(@event.Method.Name.LastIndexOf('.') + 1)}";

    private static string Word(EventModel @event, string fields, int word)
    {
        var parts = @event.Payload.Where(field => field.Place?.Word == word).Select(field => Part(fields, field, field.Place!)).ToArray();
        return parts.Length == 0 ? "0" : string.Join(" | ", parts);
    }

    private static string Part(string fields, PayloadModel field, RecordPlace place)
    {
        var value = field.Type == "bool" ? $"({fields}.{field.Member} ? 1UL : 0)" : $"unchecked((ulong){fields}.{field.Member})";
        if (place.Shift > 0)
            value = $"({value} >> {place.Shift})";
        value = $"({value} & 0x{ulong.MaxValue >> (64 - place.Bits):x})";
        return place.Offset > 0 ? $"({value} << {place.Offset})" : value;
    }
}
