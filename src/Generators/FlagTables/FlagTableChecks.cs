using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>Checks that names and values of an enum can be told apart, in every profile.</summary>
internal static class FlagTableChecks
{
    public static IEnumerable<DiagnosticInfo> Run(INamedTypeSymbol type, FlagTableModel model, string prefix)
    {
        if (!model.Members.Any(member => member.CName.StartsWith(prefix, StringComparison.Ordinal)))
            yield return DiagnosticInfo.At(type, FlagTableDiagnostics.PrefixUnused, type.Name, prefix);
        foreach (var diagnostic in Names(type, model).Concat(Values(type, model)))
            yield return diagnostic;
        foreach (var diagnostic in model.IsFlags ? Bits(type, model) : Unrestricted(type, model))
            yield return diagnostic;
    }

    private static IEnumerable<DiagnosticInfo> Names(INamedTypeSymbol type, FlagTableModel model)
    {
        var owners = new Dictionary<string, FlagModel>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in model.Members)
        {
            foreach (var name in new[] { member.Name, member.ShortName, member.CName })
            {
                if (owners.TryGetValue(name, out var owner) && owner != member)
                    yield return At(type, member, FlagTableDiagnostics.AmbiguousName, name, owner.Name);
                owners[name] = member;
            }
        }
    }

    /// <summary>Canonical values first; then the bits of each profile where some member moved.</summary>
    private static IEnumerable<DiagnosticInfo> Values(INamedTypeSymbol type, FlagTableModel model)
    {
        foreach (var diagnostic in Shared(type, model.Members, static member => member.Value, ""))
            yield return diagnostic;
        foreach (var profile in model.Profiles.Where(profile => model.Members.Any(member => member.BitIn(profile) != member.Value)))
        {
            var existing = model.Members.Where(member => member.ExistsIn(profile));
            foreach (var diagnostic in Shared(type, existing, member => member.BitIn(profile), $" in {profile.Name}"))
                yield return diagnostic;
        }
    }

    private static IEnumerable<DiagnosticInfo> Shared(
        INamedTypeSymbol type, IEnumerable<FlagModel> members, Func<FlagModel, ulong> value, string scope) =>
        from sameValue in members.GroupBy(value)
        let first = sameValue.First()
        from repeated in sameValue.Skip(1)
        select At(type, repeated, FlagTableDiagnostics.DuplicateValue, repeated.Name, first.Name, sameValue.Key.ToString("x"), scope);

    private static IEnumerable<DiagnosticInfo> Bits(INamedTypeSymbol type, FlagTableModel model) =>
        from member in model.Members
        from bit in member.Bits.Select(static bit => bit.Bit).Prepend(member.Value).Distinct()
        where bit == 0 || (bit & (bit - 1)) != 0
        select At(type, member, FlagTableDiagnostics.NotOneBit, member.Name, bit.ToString("x"));

    private static IEnumerable<DiagnosticInfo> Unrestricted(INamedTypeSymbol type, FlagTableModel model) =>
        from member in model.Members
        where member.IsRestricted
        select At(type, member, FlagTableDiagnostics.NotFlags, member.Name);

    private static DiagnosticInfo At(INamedTypeSymbol type, FlagModel member, DiagnosticDescriptor descriptor, params string[] arguments) =>
        DiagnosticInfo.At(type.GetMembers(member.Name)[0], descriptor, arguments);
}
