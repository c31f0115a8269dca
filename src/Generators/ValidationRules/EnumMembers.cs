using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>The members of an enum.</summary>
internal static class EnumMembers
{
    /// <summary>One member for each value, in declaration order.</summary>
    public static EquatableArray<SelectorMember> Of(ITypeSymbol type) => type.GetMembers().OfType<IFieldSymbol>()
        .Where(static member => member.HasConstantValue)
        .Select(static member => new SelectorMember(member.Name, ConstantValues.ToUInt64(member.ConstantValue!)))
        .GroupBy(static member => member.Value)
        .Select(static members => members.First())
        .ToEquatableArray();
}
