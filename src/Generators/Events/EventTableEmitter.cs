using XePt.Generators.Common;

namespace XePt.Generators.Events;

/// <summary>Writes the table of the events: what shows records, timelines and documents go by.</summary>
internal static class EventTableEmitter
{
    public static string Emit(EventsModel model)
    {
        var code = CodeWriter.ForFile(model.Namespace, "System.Diagnostics.Tracing");
        using (code.Block($"partial class {model.Type}"))
        {
            code.Summary("Name of the event source.").Line($"public const string SourceName = \"{model.Source}\";").Line();
            code.Summary("All events, by number.");
            code.Line("public static readonly XeEventInfo[] Table =").Line("[");
            using (code.Indent())
            {
                foreach (var @event in model.Events)
                    Emit(code, model, @event);
            }

            code.Line("];");
        }

        return code.ToString();
    }

    private static void Emit(CodeWriter code, EventsModel model, EventModel @event)
    {
        code.Line($"new({@event.Id}, \"{@event.Name}\", {model.GroupType}.{@event.Group}, EventLevel.{@event.Level},");
        using (code.Indent())
        {
            code.Line("[");
            using (code.Indent())
            {
                foreach (var field in @event.Payload)
                    code.Line(Field(field));
            }

            code.Line("]),");
        }
    }

    private static string Field(PayloadModel field) => field.Place is { } place
        ? $"new(\"{field.Name}\", typeof({field.Type}), {place.Word}, {place.Offset}, {place.Bits}, {place.Shift}, "
            + $"{(place.EndsInOnes ? "true" : "false")}),"
        : $"new(\"{field.Name}\", typeof({field.Type})),";
}
