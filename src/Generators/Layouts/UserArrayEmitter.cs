using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Writes what a struct says about the arrays that come with it: how much of them is read, and what refuses the wrong
/// length.</summary>
internal static class UserArrayEmitter
{
    private const string Checks = "global::XePt.Uapi.Checks";

    public static string Emit(StructModel model)
    {
        var writer = CodeWriter.ForFile(model.Namespace);
        using (writer.Block($"public partial struct {model.Name}"))
        {
            for (var i = 0; i < model.Arrays.Count; i++)
                Emit(i == 0 ? writer : writer.Line(), model.Arrays[i]);
        }

        return writer.ToString();
    }

    private static void Emit(CodeWriter writer, UserArrayModel array)
    {
        var none = array.OneIsInline ? $"{array.Count} == 1 ? 0 : " : array.MayBeAbsent ? $"{array.Name} == 0 ? 0 : " : "";
        writer.Summary($"Elements of <c>{array.CName}</c> that are there to be read.")
            .Line($"internal readonly int {array.Name}ToRead => {none}(int)global::System.Math.Min({array.Count}, {array.Most});")
            .Line();

        writer.Summary($"Throws when more elements of <c>{array.CName}</c> are given than <c>{array.CountCName}</c> says.")
            .Line("[global::System.Runtime.CompilerServices.MethodImpl("
                + "global::System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]");
        using (writer.Block($"internal readonly void RequireAllOf{array.Name}(int given, string name)"))
        {
            if (array.MayBeAbsent)
                When(writer, $"{array.Name} == 0 && given > 0", $"{Checks}.ArrayLengths.ThrowIsAbsent(\"{array.CName}\", name);");
            When(writer, $"(ulong)given > {array.Count}",
                $"{Checks}.ArrayLengths.ThrowIsTooLong(given, {array.Count}, \"{array.CountCName}\", name);");
        }

        if (array.Unreadable is null)
            return;
        writer.Line().Summary($"Refuses <c>{array.CName}</c> when not all of it could be read; none otherwise.");
        using (writer.Block($"internal readonly global::XePt.Uapi.Rejection Refuse{array.Name}(int given)"))
        {
            if (array.TooMany is not null)
                When(writer, $"{array.Count} > {array.Most}", $"return {Checks}.Refusals.{array.TooMany}({array.Count});");
            var may = array.OneIsInline ? $"{array.Count} > 1 && " : array.MayBeAbsent ? $"{array.Name} != 0 && " : "";
            writer.Line($"return {may}(ulong)given < {array.Count} ? {Checks}.Refusals.{array.Unreadable}({array.Name}) : default;");
        }
    }

    private static void When(CodeWriter writer, string condition, string then)
    {
        writer.Line($"if ({condition})");
        using (writer.Indent())
            writer.Line(then);
    }
}
