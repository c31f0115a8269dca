using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Finds fields of the checked struct by their C names.</summary>
internal sealed class FieldResolver(INamedTypeSymbol argument, List<DiagnosticInfo> diagnostics)
{
    private const string InlineArray = "System.Runtime.CompilerServices.InlineArrayAttribute";

    /// <summary>A found field and its type.</summary>
    internal readonly record struct Resolved(FieldModel Model, ITypeSymbol Type)
    {
        public bool IsEnum => Type.TypeKind == TypeKind.Enum;

        /// <summary>Whether the field holds one number: an integer or an enum.</summary>
        public bool IsNumber => IsEnum || IsInteger(Type.SpecialType);

        public bool IsUnsigned => (Type is INamedTypeSymbol { EnumUnderlyingType: { } underlying } ? underlying : Type).SpecialType
            is SpecialType.System_Byte or SpecialType.System_UInt16 or SpecialType.System_UInt32 or SpecialType.System_UInt64;

        public bool IsArray => Model.Length > 0;
    }

    /// <summary>The field with this C name, dotted for a member of a nested struct; null when there is none, which is then
    /// reported.</summary>
    public Resolved? Find(string cName, LocationInfo? location)
    {
        var type = argument;
        var path = "";
        ITypeSymbol? found = null;
        foreach (var part in cName.Split('.'))
        {
            var field = type?.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(member => member.CName() == part);
            if (field is null)
            {
                diagnostics.Add(DiagnosticInfo.At(location, CheckDiagnostics.UnknownField, argument.Name, cName));
                return null;
            }

            path += path.Length == 0 ? field.Name : "." + field.Name;
            found = field.Type;
            type = field.Type as INamedTypeSymbol;
        }

        return new Resolved(new FieldModel(cName, path, found!.AttributeOf(InlineArray)?.Positional<int>(0) ?? 0), found!);
    }

    private static bool IsInteger(SpecialType type) => type is >= SpecialType.System_SByte and <= SpecialType.System_UInt64;
}
