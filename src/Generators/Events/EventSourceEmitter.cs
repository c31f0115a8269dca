using XePt.Generators.Common;

namespace XePt.Generators.Events;

/// <summary>Writes the event source. Each payload begins with the name of the device.</summary>
internal static class EventSourceEmitter
{
    // The base class reads the methods of the source by reflection and keeps them; what is written here is of exactly the declared types.
    private const string Suppression =
        "[UnconditionalSuppressMessage(\"Trimming\", \"IL2026\", Justification = \"Only integers and strings are written.\")]";

    /// <summary>Name of the class.</summary>
    public static string TypeOf(EventsModel model) => model.Type + "Source";

    public static string Emit(EventsModel model)
    {
        var code = CodeWriter.ForFile(
            model.Namespace, "System", "System.Diagnostics.CodeAnalysis", "System.Diagnostics.Tracing");
        code.Line($"[EventSource(Name = \"{model.Source}\")]");
        using (code.Block($"internal sealed unsafe partial class {TypeOf(model)} : EventSource"))
        {
            code.Line($"public static readonly {TypeOf(model)} Log = new();").Line();
            using (code.Block($"private {TypeOf(model)}()"))
            {
            }

            using (code.Line().Block("public static class Keywords"))
            {
                foreach (var group in model.Groups)
                    code.Line($"public const EventKeywords {group.Name} = (EventKeywords)0x{group.Value:x};");
            }

            foreach (var @event in model.Events)
                Emit(code.Line(), @event);
        }

        return code.ToString();
    }

    private static void Emit(CodeWriter code, EventModel @event)
    {
        var parameters = @event.Payload.Select(static field => $"{field.Type} {Local(field)}").Prepend("string dev");
        code.Line($"[Event({@event.Id}, Level = EventLevel.{@event.Level}, Keywords = Keywords.{@event.Group})]").Line(Suppression);
        using (code.Block($"public void {@event.Name}({string.Join(", ", parameters)})"))
        {
            var strings = @event.Payload.Where(static field => field.Type == "string").Select(Local);
            foreach (var text in strings)
                code.Line(Pin(text));
            using (code.Block(Pin("dev")))
                EmitWrite(code, @event);
        }
    }

    private static void EmitWrite(CodeWriter code, EventModel @event)
    {
        foreach (var field in @event.Payload.Where(static field => field.Type == "bool"))
            code.Line($"int {Local(field)}Bit = {Local(field)} ? 1 : 0;");
        code.Line($"EventData* data = stackalloc EventData[{@event.Payload.Count + 1}];").Line(Text(0, "dev"));
        for (var i = 0; i < @event.Payload.Count; i++)
        {
            var field = @event.Payload[i];
            var source = field.Type == "bool" ? Local(field) + "Bit" : Local(field);
            code.Line(field.Type == "string" ? Text(i + 1, Local(field))
                : $"data[{i + 1}] = new EventData {{ DataPointer = (nint)(&{source}), Size = {field.Size} }};");
        }

        code.Line($"WriteEventCore({@event.Id}, {@event.Payload.Count + 1}, data);");
    }

    private static string Pin(string text) => $"fixed (char* {text}Text = {text})";

    private static string Text(int index, string name) =>
        $"data[{index}] = new EventData {{ DataPointer = (nint){name}Text, Size = ({name}.Length + 1) * sizeof(char) }};";

    private static string Local(PayloadModel field) => MethodForm.Escaped(field.Name);
}
