using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Writes the layout constants of one struct, the request codes, and the table of everything.</summary>
internal static class LayoutEmitter
{
    public static string EmitStruct(StructModel model)
    {
        var writer = CodeWriter.ForFile(model.Namespace);
        using (writer.Block($"public partial struct {model.Name}"))
        {
            writer.Summary("Bytes of the C struct, without a flexible array.")
                .Line($"public const int SizeInBytes = {model.Size};")
                .Line()
                .Summary("Byte offsets of the fields.");
            using (writer.Block("public static class Offsets"))
                EmitOffsets(writer, model.Fields);
        }

        return writer.ToString();
    }

    public static string EmitIoctls(IReadOnlyList<StructModel> ioctls)
    {
        var writer = CodeWriter.ForFile("XePt.Uapi");
        using (writer.Block("public static partial class XeIoctl"))
        {
            foreach (var model in ioctls)
            {
                writer.Summary($"The request code whose argument is <see cref=\"{model.Namespace}.{model.Name}\"/>.")
                    .Line($"[Spec.CName(\"{model.Ioctl!.CName}\")]")
                    .Line($"public const uint {model.Ioctl.Name} = 0x{model.Ioctl.RequestCode(model.Size):x8};")
                    .Line();
            }

            writer.Summary("The driver's ioctl numbers, counted from the command base.");
            using (writer.Block("public static class Numbers"))
            {
                foreach (var model in ioctls)
                {
                    writer.Summary($"The number of <see cref=\"XeIoctl.{model.Ioctl!.Name}\"/>.")
                        .Line($"[Spec.CName(\"{model.Ioctl.NumberCName}\")]")
                        .Line($"public const uint {model.Ioctl.Name} = 0x{model.Ioctl.Number:x2};");
                }
            }
        }

        return writer.ToString();
    }

    public static string EmitTable(TableModel table)
    {
        var writer = CodeWriter.ForFile("XePt.Uapi");
        using (writer.Block("public static partial class UapiTable"))
        {
            writer.Summary("Every named struct, by C name in ordinal order; fields in declaration order.");
            using (writer.Block(ListProperty("Structs", "UapiStructInfo"), "};"))
            {
                foreach (var model in table.Structs)
                    EmitStructEntry(writer, model);
            }

            writer.Line().Summary("Every named number, by C name in ordinal order.");
            using (writer.Block(ListProperty("Constants", "UapiConstantInfo"), "};"))
            {
                foreach (var constant in table.Constants)
                    writer.Line($"new(\"{constant.CName}\", 0x{constant.Value:x}),");
            }
        }

        return writer.ToString();
    }

    private static void EmitOffsets(CodeWriter writer, IEnumerable<FieldModel> fields)
    {
        foreach (var field in fields)
        {
            writer.Summary($"Offset of <c>{field.CName}</c>, {(field.Size == 0 ? "a flexible array" : field.Size + " bytes")}.")
                .Line($"public const int {field.Name} = {field.Offset};");
        }
    }

    private static string ListProperty(string name, string type) =>
        $"public static global::System.Collections.Generic.IReadOnlyList<{type}> {name} {{ get; }} = new {type}[]";

    private static void EmitStructEntry(CodeWriter writer, StructModel model)
    {
        using (writer.Block($"new(\"{model.CName}\", {model.Size}, new UapiFieldInfo[]", "}),"))
        {
            foreach (var field in model.Fields)
                writer.Line($"new(\"{field.CName}\", {field.Offset}, {field.Size}),");
        }
    }
}
