using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>Reads and checks one enum marked <c>[FlagTable]</c>.</summary>
internal static class FlagTableParser
{
    private const string OnlyInProfile = SpecNames.Namespace + "OnlyInProfileAttribute";
    private const string BitInProfile = SpecNames.Namespace + "BitInProfileAttribute";

    private static readonly SymbolDisplayFormat KeywordFormat =
        new(miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes);

    public static ModelOrDiagnostics<FlagTableModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var prefix = context.Attributes[0].Positional<string>(0) ?? "";
        var isFlags = type.AttributeOf("System.FlagsAttribute") is not null;

        var diagnostics = new List<DiagnosticInfo>();
        var members = new List<FlagModel>();
        foreach (var field in type.GetMembers().OfType<IFieldSymbol>().Where(static field => field.HasConstantValue))
        {
            cancellation.ThrowIfCancellationRequested();
            if (field.CName() is { } cname)
                members.Add(ParseMember(field, cname, prefix));
            else if (!isFlags || ConstantValues.ToUInt64(field.ConstantValue!) != 0)
                diagnostics.Add(DiagnosticInfo.At(field, FlagTableDiagnostics.NoCName, field.Name));
        }

        var model = new FlagTableModel(
            type.ContainingNamespace.ToDisplayString(),
            type.Name,
            type.EnumUnderlyingType!.ToDisplayString(KeywordFormat),
            isFlags,
            members.ToEquatableArray(),
            AllProfiles(type).ToEquatableArray());
        diagnostics.AddRange(FlagTableChecks.Run(type, model, prefix));
        return ModelOrDiagnostics<FlagTableModel>.Of(diagnostics, () => model);
    }

    private static FlagModel ParseMember(IFieldSymbol field, string cname, string prefix) => new(
        field.Name,
        cname,
        cname.StartsWith(prefix, StringComparison.Ordinal) ? cname.Substring(prefix.Length) : cname,
        ConstantValues.ToUInt64(field.ConstantValue!),
        EnumArguments(field.AttributeOf(OnlyInProfile)).ToEquatableArray(),
        field.AttributesOf(BitInProfile).SelectMany(BitsOf).ToEquatableArray(),
        field.AttributeOf(SpecNames.DebugBuildOnly) is not null);

    private static IEnumerable<ProfileBit> BitsOf(AttributeData attribute) =>
        EnumArguments(attribute).Select(profile => new ProfileBit(profile, attribute.Positional<uint>(0)));

    /// <summary>The enum constants among an attribute's arguments, also those inside a <c>params</c> array.</summary>
    private static IEnumerable<EnumRef> EnumArguments(AttributeData? attribute) => attribute is null
        ? []
        : attribute.ConstructorArguments
            .SelectMany(static argument => argument.Kind == TypedConstantKind.Array ? argument.Values.AsEnumerable() : [argument])
            .Select(EnumRef.Of)
            .OfType<EnumRef>();

    /// <summary>Every member of the profile enum, taken from the first attribute that names a profile.</summary>
    private static IEnumerable<EnumRef> AllProfiles(INamedTypeSymbol type) => type.GetMembers()
        .SelectMany(static member => member.AttributesOf(OnlyInProfile).Concat(member.AttributesOf(BitInProfile)))
        .SelectMany(static attribute => attribute.ConstructorArguments)
        .Where(static argument => argument.Kind == TypedConstantKind.Array)
        .Select(static argument => EnumRef.AllOf(((IArrayTypeSymbol)argument.Type!).ElementType))
        .FirstOrDefault() ?? [];
}
