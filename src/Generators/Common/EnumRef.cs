using Microsoft.CodeAnalysis;

namespace XePt.Generators.Common;

/// <summary>One member of an enum, as an attribute argument names it.</summary>
/// <param name="Type">The enum's full name, for example <c>global::XePt.Uapi.VmBindOp</c>.</param>
/// <param name="Name">The member.</param>
/// <param name="Value">The member's value.</param>
internal sealed record EnumRef(string Type, string Name, ulong Value)
{
    /// <summary>How source code writes the member.</summary>
    public string Code => $"{Type}.{Name}";

    /// <summary>The member that a constant stands for, or null when the constant is of no enum or has no name.</summary>
    public static EnumRef? Of(TypedConstant constant) =>
        constant is { Kind: TypedConstantKind.Enum, Value: { } value, Type: { } type }
            ? AllOf(type).FirstOrDefault(member => member.Value == ConstantValues.ToUInt64(value))
            : null;

    /// <summary>All members of an enum, in declaration order.</summary>
    public static IEnumerable<EnumRef> AllOf(ITypeSymbol type)
    {
        var name = type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        return type.GetMembers().OfType<IFieldSymbol>()
            .Where(static field => field.HasConstantValue)
            .Select(field => new EnumRef(name, field.Name, ConstantValues.ToUInt64(field.ConstantValue!)));
    }
}
