using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>Writes the table of one enum: names, text, masks.</summary>
internal static class FlagTableEmitter
{
    private const string FlagName = "global::XePt.Uapi.Text.FlagName";
    private const string Formatter = "global::XePt.Uapi.Text.FlagFormatter";
    private const string Parser = "global::XePt.Uapi.Text.FlagParser";
    private const string CharSpan = "global::System.Span<char>";
    private const string Chars = "global::System.ReadOnlySpan<char>";

    public static string Emit(FlagTableModel model)
    {
        var writer = CodeWriter.ForFile(model.Namespace);
        writer.Summary($"Names, text and masks of <see cref=\"{model.Name}\"/>.");
        using (writer.Block($"public static class {model.Name}Table"))
        {
            EmitNames(writer, model);
            if (model.IsFlags)
                EmitMasks(writer, model);
            else
                EmitIsKnown(writer, model);
            EmitText(writer, model);
            ProfileEmitter.Emit(writer, model);
        }

        return writer.ToString();
    }

    private static void EmitNames(CodeWriter writer, FlagTableModel model)
    {
        using (writer.Block($"private static readonly {FlagName}[] AllNames =", "};"))
        {
            foreach (var member in model.Members)
                writer.Line($"new(\"{member.CName}\", \"{member.ShortName}\", \"{member.Name}\", 0x{member.Value:x}),");
        }

        writer.Line()
            .Summary("The named values, in declaration order.")
            .Line($"public static global::System.ReadOnlySpan<{FlagName}> Names => AllNames;")
            .Line();
    }

    private static void EmitMasks(CodeWriter writer, FlagTableModel model)
    {
        writer.Summary("All named bits of all profiles.")
            .Line($"public const {model.Name} Known = {model.Cast(FlagTableModel.Mask(model.Members))};")
            .Line();
        if (FlagTableModel.Mask(model.Members.Where(static member => member.DebugBuildOnly)) is var debug and not 0)
        {
            writer.Summary("The bits that only debug builds of the driver know.")
                .Line($"public const {model.Name} DebugBuildOnly = {model.Cast(debug)};")
                .Line();
        }
    }

    private static void EmitIsKnown(CodeWriter writer, FlagTableModel model) => writer
        .Summary("Whether a value has a name.")
        .Line($"public static bool IsKnown({model.Name} value) => value is {string.Join(" or ", model.Members.Select(model.Code))};")
        .Line();

    private static void EmitText(CodeWriter writer, FlagTableModel model)
    {
        var kind = model.IsFlags ? "Flags" : "Value";
        var written = model.IsFlags
            ? "short C names joined with <c>|</c>, unnamed bits as one number, zero as <c>none</c>"
            : "the short C name, or a number when there is none";
        var read = model.IsFlags ? "names and numbers joined with <c>|</c>" : "a name or a number";
        writer.Summary($"Writes {written}; false when the text does not fit.")
            .Line($"public static bool TryFormat({model.Name} value, {CharSpan} destination, out int charsWritten) =>");
        using (writer.Indent())
            writer.Line($"{Formatter}.TryFormat{kind}((ulong)value, AllNames, destination, out charsWritten);");

        writer.Line()
            .Summary($"Reads {read}; names are C names, short C names or .NET names in any case.");
        using (writer.Block($"public static bool TryParse({Chars} text, out {model.Name} value)"))
        {
            writer.Line($"var parsed = {Parser}.TryParse{kind}(text, AllNames, {model.Largest}, out var number);")
                .Line($"value = ({model.Name})number;")
                .Line("return parsed;");
        }
    }
}
