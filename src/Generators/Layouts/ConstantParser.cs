using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Reads the constants with a C name out of an enum or a static class.</summary>
internal static class ConstantParser
{
    public static EquatableArray<ConstantModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation) =>
        ((INamedTypeSymbol)context.TargetSymbol).GetMembers().OfType<IFieldSymbol>()
            .Where(static field => field.HasConstantValue && field.AttributeOf(SpecNames.DebugBuildOnly) is null)
            .SelectMany(Parse)
            .ToEquatableArray();

    private static IEnumerable<ConstantModel> Parse(IFieldSymbol field) => field.CName() is { } cname
        ? [new ConstantModel(cname, ConstantValues.ToUInt64(field.ConstantValue!), LocationInfo.Of(field))]
        : [];
}
