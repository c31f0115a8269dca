using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>A struct of the uAPI whose layout was checked.</summary>
/// <param name="CName">C name, or null for an anonymous struct.</param>
/// <param name="Fields">In declaration order; members of anonymous structs follow the field that holds them, with a dotted C name.</param>
/// <param name="Ioctl">The ioctl whose argument this is, or null.</param>
internal sealed record StructModel(
    string Namespace, string Name, string? CName, int Size, EquatableArray<FieldModel> Fields, IoctlModel? Ioctl, LocationInfo? Location);

/// <summary>One field, or a flexible array (size 0).</summary>
internal sealed record FieldModel(string Name, string CName, int Offset, int Size, string? Union)
{
    public int End => Offset + Size;

    /// <summary>Whether this is a member of an anonymous struct rather than a field of its own.</summary>
    public bool IsNested => CName.Contains(".");
}

/// <summary>One ioctl: number from the driver's command base, direction bits, C name of the request code.</summary>
internal sealed record IoctlModel(int Number, int Direction, string CName)
{
    private const string Prefix = "DRM_IOCTL_XE_";

    /// <summary>The C name of the number itself, without the <c>IOCTL_</c> of the request code.</summary>
    public string NumberCName => CName.Replace("_IOCTL_", "_");

    /// <summary>For example <c>VmBind</c>.</summary>
    public string Name => CNames.ToPascalCase(CName.StartsWith(Prefix, StringComparison.Ordinal) ? CName.Substring(Prefix.Length) : CName);

    /// <summary>The request code for an argument of <paramref name="size"/> bytes (specification 01, section 1).</summary>
    public uint RequestCode(int size) => ((uint)Direction << 30) | ((uint)size << 16) | ((uint)'d' << 8) | (0x40u + (uint)Number);
}

/// <summary>A named number of the uAPI; negative values are 64-bit two's complement.</summary>
internal sealed record ConstantModel(string CName, ulong Value, LocationInfo? Location);
