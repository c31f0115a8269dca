using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Writes the request codes and the table of everything.</summary>
internal static class LayoutEmitter
{
    public static string EmitIoctls(IReadOnlyList<IoctlModel> ioctls) =>
        EmitIoctls(ioctls, "XeIoctl", "The driver's ioctl numbers, counted from the command base.");

    public static string EmitCoreIoctls(IReadOnlyList<IoctlModel> ioctls) =>
        EmitIoctls(ioctls, "DrmIoctl", "The ioctl numbers of the DRM core, as they stand in the request codes.");

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

    private static string EmitIoctls(IReadOnlyList<IoctlModel> ioctls, string className, string numbers)
    {
        var writer = CodeWriter.ForFile("XePt.Uapi");
        using (writer.Block($"public static partial class {className}"))
        {
            foreach (var ioctl in ioctls)
            {
                writer.Summary($"The request code whose argument is <see cref=\"{ioctl.Argument}\"/>.")
                    .Line($"[Spec.CName(\"{ioctl.CName}\")]")
                    .Line($"public const uint {ioctl.Name} = 0x{ioctl.RequestCode:x8};")
                    .Line();
            }

            writer.Summary(numbers);
            using (writer.Block("public static class Numbers"))
            {
                foreach (var ioctl in ioctls)
                {
                    writer.Summary($"The number of <see cref=\"{className}.{ioctl.Name}\"/>.");
                    if (!ioctl.IsCore)
                        writer.Line($"[Spec.CName(\"{ioctl.NumberCName}\")]");
                    writer.Line($"public const uint {ioctl.Name} = 0x{ioctl.Number:x2};");
                }
            }
        }

        return writer.ToString();
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
