using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Reads and checks one struct marked <c>[UapiStruct]</c>.</summary>
internal static class LayoutParser
{
    private const string FieldOffset = "System.Runtime.InteropServices.FieldOffsetAttribute";
    private const string Union = SpecNames.Namespace + "UnionAttribute";
    private const string FlexibleArray = SpecNames.Namespace + "FlexibleArrayAttribute";
    private const string Ioctl = SpecNames.Namespace + "IoctlAttribute";
    private const string CoreIoctl = SpecNames.Namespace + "CoreIoctlAttribute";
    private const int LargestSize = (1 << 14) - 1;
    private const int LargestNumber = IoctlModel.CommandEnd - IoctlModel.CommandBase - 1;

    public static ModelOrDiagnostics<StructModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var size = context.Attributes[0].Named<int>("Size");
        if (!IsExplicit(type, size))
            return ModelOrDiagnostics<StructModel>.Of(DiagnosticInfo.At(type, LayoutDiagnostics.NotExplicit, type.Name, size.ToString()));

        var diagnostics = new List<DiagnosticInfo>();
        var fields = new List<FieldModel>();
        foreach (var field in TypeLayout.InstanceFields(type))
        {
            cancellation.ThrowIfCancellationRequested();
            if (ParseField(field, diagnostics) is not { } model)
                continue;
            fields.Add(model);
            fields.AddRange(MembersOfAnonymous(field, model));
        }

        if (diagnostics.Count == 0)
            diagnostics.AddRange(LayoutChecks.Run(type, size, fields));
        fields.AddRange(ParseFlexibleArray(type, size, diagnostics));
        var ioctls = ParseIoctls(type, size, diagnostics);
        return ModelOrDiagnostics<StructModel>.Of(diagnostics, () => new StructModel(
            type.ContainingNamespace.ToDisplayString(),
            type.Name,
            type.CName(),
            size,
            fields.ToEquatableArray(),
            ioctls,
            UserArrayModel.Of(type).ToEquatableArray(),
            LocationInfo.Of(type)));
    }

    private static bool IsExplicit(INamedTypeSymbol type, int size)
    {
        var layout = type.AttributeOf("System.Runtime.InteropServices.StructLayoutAttribute");
        return layout?.Positional<int>(0) == (int)LayoutKind.Explicit
            && layout.Named<int>("Size") == size
            && type is { ContainingType: null, IsGenericType: false };
    }

    private static FieldModel? ParseField(IFieldSymbol field, List<DiagnosticInfo> diagnostics)
    {
        if (field.AttributeOf(FieldOffset) is not { } offset)
            diagnostics.Add(DiagnosticInfo.At(field, LayoutDiagnostics.NoOffset, field.Name));
        else if (field.CName() is not { } cname)
            diagnostics.Add(DiagnosticInfo.At(field, LayoutDiagnostics.NoCName, field.Name));
        else if (TypeLayout.Of(field.Type) is not { } layout)
            diagnostics.Add(DiagnosticInfo.At(field, LayoutDiagnostics.NotBlittable, field.Name, field.Type.ToDisplayString()));
        else if (offset.Positional<int>(0) is var at && at % layout.Alignment != 0)
            diagnostics.Add(DiagnosticInfo.At(field, LayoutDiagnostics.Misaligned, field.Name, at.ToString(), layout.Alignment.ToString()));
        else
            return new FieldModel(
                field.Name, cname, at, layout.Size, field.AttributeOf(Union)?.Positional<string>(0),
                FormOf(field.Type), TableOf(field.Type));
        return null;
    }

    private static FieldForm FormOf(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Enum } when TableOf(type) is null => FieldForm.Number,
        { TypeKind: TypeKind.Enum } => type.AttributeOf("System.FlagsAttribute") is null ? FieldForm.Value : FieldForm.Flags,
        { SpecialType: SpecialType.System_SByte or SpecialType.System_Int16 or SpecialType.System_Int32 or SpecialType.System_Int64 } =>
            FieldForm.Signed,
        { SpecialType: SpecialType.None } => FieldForm.Compound,
        _ => FieldForm.Number,
    };

    private static string? TableOf(ITypeSymbol type) => type.AttributeOf(SpecNames.FlagTable) is null
        ? null : type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) + "Table";

    /// <summary>The members of a field whose type is an anonymous C struct, as members of the struct that holds the field.</summary>
    private static IEnumerable<FieldModel> MembersOfAnonymous(IFieldSymbol holder, FieldModel model)
    {
        if (holder.Type is not INamedTypeSymbol type || type.AttributeOf(SpecNames.UapiStruct) is null || type.CName() is not null)
            yield break;
        foreach (var member in TypeLayout.InstanceFields(type))
        {
            // A faulty member is reported where its own struct is parsed.
            if (ParseField(member, []) is not { } inner)
                continue;
            var nested = inner with
            {
                Name = model.Name + inner.Name,
                CName = $"{model.CName}.{inner.CName}",
                Offset = model.Offset + inner.Offset,
            };
            yield return nested;
            foreach (var deeper in MembersOfAnonymous(member, nested))
                yield return deeper;
        }
    }

    private static IEnumerable<FieldModel> ParseFlexibleArray(INamedTypeSymbol type, int size, List<DiagnosticInfo> diagnostics)
    {
        if (type.AttributeOf(FlexibleArray) is not { } array || array.Positional<string>(0) is not { } cname)
            return [];
        var element = array.Positional<ITypeSymbol>(1);
        if (element is null || TypeLayout.Of(element) is null)
            diagnostics.Add(At(array, LayoutDiagnostics.NotBlittable, cname, element?.ToDisplayString() ?? "?"));
        return [new FieldModel(CNames.ToPascalCase(cname), cname, size, 0, null, FieldForm.Compound)];
    }

    private static EquatableArray<IoctlModel> ParseIoctls(INamedTypeSymbol type, int size, List<DiagnosticInfo> diagnostics)
    {
        var ioctls = IoctlsOf(type, size).ToList();
        foreach (var (attribute, ioctl) in ioctls)
        {
            diagnostics.AddRange(Check(ioctl).Select(fault =>
                At(attribute, LayoutDiagnostics.IoctlRange, ioctl.CName, fault.What, fault.Is, fault.May)));
        }

        return ioctls.Select(static ioctl => ioctl.Model).ToEquatableArray();
    }

    /// <summary>The ioctls whose argument a struct is.</summary>
    public static IEnumerable<(AttributeData Attribute, IoctlModel Model)> IoctlsOf(INamedTypeSymbol type, int size) =>
        from attribute in type.GetAttributes()
        let name = attribute.AttributeClass?.ToDisplayString()
        where name is Ioctl or CoreIoctl
        select (attribute, new IoctlModel(
            attribute.Positional<int>(0),
            attribute.Positional<int>(1),
            attribute.Positional<string>(2) ?? "",
            name == CoreIoctl,
            type.ToDisplayString(),
            size,
            LocationInfo.Of(type)));

    private static IEnumerable<(string What, string Is, string May)> Check(IoctlModel ioctl)
    {
        if (ioctl.Size > LargestSize)
            yield return ("the argument's size", ioctl.Size.ToString(), $"at most {LargestSize}");
        if (!ioctl.IsCore && ioctl.Number is < 0 or > LargestNumber)
            yield return ("the number", ioctl.Number.ToString(), $"at most {LargestNumber}");
        if (ioctl.IsCore
            && ioctl.Number is not ((>= 0 and < IoctlModel.CommandBase) or (>= IoctlModel.CommandEnd and < IoctlModel.NumberEnd)))
            yield return ("the number", ioctl.Number.ToString(),
                $"numbers outside the driver's {IoctlModel.CommandBase} to {IoctlModel.CommandEnd - 1}");
    }

    private static DiagnosticInfo At(AttributeData attribute, DiagnosticDescriptor descriptor, params string[] arguments) =>
        DiagnosticInfo.At(LocationInfo.Of(attribute), descriptor, arguments);
}
