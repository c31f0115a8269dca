using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Writes the other half of a class with <c>[CheckCatalog]</c>.</summary>
internal static class CheckCatalogEmitter
{
    /// <param name="catalog">The class.</param>
    /// <param name="tables">Full names of the classes with a rule table.</param>
    public static string Emit(CheckCatalogModel catalog, IEnumerable<string> tables)
    {
        var code = CodeWriter.ForFile(catalog.Namespace, "System.Collections.Generic", "XePt.Uapi.Checks");
        using (code.Block($"{catalog.Accessibility} static partial class {catalog.ClassName}"))
        {
            code.Summary("The rules of all check lists and refusals, list by list.");
            code.Line($"{catalog.Accessibility} static IReadOnlyList<CheckRule> All {{ get; }} =").Line("[");
            using (code.Indent())
            {
                foreach (var table in tables.OrderBy(static table => table, StringComparer.Ordinal))
                    code.Line($"..global::{table}.Rules,");
            }

            code.Line("];");
        }

        return code.ToString();
    }
}
