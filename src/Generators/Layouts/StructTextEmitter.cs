using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Writes how a struct prints itself: by its C names, with what is zero left out.</summary>
internal static class StructTextEmitter
{
    private const string StructText = "global::XePt.Uapi.Text.StructText";

    public static string Emit(StructModel model)
    {
        var writer = CodeWriter.ForFile(model.Namespace);
        using (writer.Block($"public partial struct {model.Name}"))
        {
            writer.Summary("The struct by its C names; fields that are zero are left out, and the arms of a union are shown side by side.");
            using (writer.Block("public override readonly string ToString()"))
            {
                writer.Line($"var text = new {StructText}(\"{model.CName}\");");
                foreach (var field in model.Fields.Where(static field => field is { IsNested: false, Size: > 0 }))
                    writer.Line($"text.{Call(field)};");
                writer.Line("return text.ToString();");
            }
        }

        return writer.ToString();
    }

    private static string Call(FieldModel field) => field.Form switch
    {
        FieldForm.Signed => $"AddSigned(\"{field.CName}\", {field.Name})",
        FieldForm.Value => $"AddValue(\"{field.CName}\", (ulong){field.Name}, {field.Table}.Names)",
        FieldForm.Flags => $"AddFlags(\"{field.CName}\", (ulong){field.Name}, {field.Table}.Names)",
        FieldForm.Compound => $"Add(\"{field.CName}\", {field.Name}.ToString())",
        _ => $"Add(\"{field.CName}\", (ulong){field.Name})",
    };
}
