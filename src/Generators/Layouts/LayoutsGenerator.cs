using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>
/// Checks every <c>[UapiStruct]</c> against its declared layout and emits its text, the request codes, and one table of all structs and
/// constants by C name.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class LayoutsGenerator : IIncrementalGenerator
{
    private const string UapiConstants = SpecNames.Namespace + "UapiConstantsAttribute";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var parsed = context.SyntaxProvider
            .ForAttributeWithMetadataName(SpecNames.UapiStruct, static (node, _) => node is StructDeclarationSyntax, LayoutParser.Parse)
            .WithTrackingName("Layouts.Parse");
        var structs = context.ReportDiagnostics(parsed, "Layouts.Structs");

        context.RegisterSourceOutput(structs, static (output, model) =>
        {
            output.AddSource($"{model.Name}.Text.g.cs", StructTextEmitter.Emit(model));
            if (model.Arrays.Count > 0)
                output.AddSource($"{model.Name}.Arrays.g.cs", UserArrayEmitter.Emit(model));
        });

        var constants = Constants<ClassDeclarationSyntax>(context, UapiConstants, "Layouts.Constants");
        var enums = Constants<EnumDeclarationSyntax>(context, SpecNames.FlagTable, "Layouts.Enums");
        var built = structs.CollectEquatable("Layouts.AllStructs").Combine(constants).Combine(enums)
            .SelectMany(static (parts, _) => Build(parts.Left.Left, parts.Left.Right.Concat(parts.Right)))
            .WithTrackingName("Layouts.Build");
        var tables = context.ReportDiagnostics(built, "Layouts.Table");
        context.RegisterSourceOutput(tables, static (output, table) =>
        {
            output.AddSource("XeIoctl.g.cs", LayoutEmitter.EmitIoctls(table.Ioctls));
            if (table.CoreIoctls.Count > 0)
                output.AddSource("DrmIoctl.g.cs", LayoutEmitter.EmitCoreIoctls(table.CoreIoctls));
            output.AddSource("UapiTable.g.cs", LayoutEmitter.EmitTable(table));
        });
    }

    /// <summary>A compilation without structs gets no table: the generator also runs in projects that only use the uAPI.</summary>
    private static IEnumerable<ModelOrDiagnostics<TableModel>> Build(
        EquatableArray<StructModel> structs, IEnumerable<ConstantModel> constants) =>
        structs.Count == 0 ? [] : [TableModel.Build(structs, constants)];

    private static IncrementalValueProvider<EquatableArray<ConstantModel>> Constants<TSyntax>(
        IncrementalGeneratorInitializationContext context, string attribute, string trackingName)
        where TSyntax : SyntaxNode =>
        context.SyntaxProvider
            .ForAttributeWithMetadataName(attribute, static (node, _) => node is TSyntax, ConstantParser.Parse)
            .WithTrackingName(trackingName)
            .SelectMany(static (constants, _) => constants)
            .CollectEquatable(trackingName + ".All");
}
