using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>A struct of the uAPI whose layout was checked.</summary>
/// <param name="Namespace">Where it is declared.</param>
/// <param name="Name">.NET name.</param>
/// <param name="CName">C name, or null for an anonymous struct.</param>
/// <param name="Fields">In declaration order; members of anonymous structs follow the field that holds them, with a dotted C name.</param>
/// <param name="Ioctls">The ioctls whose argument this is.</param>
/// <param name="Arrays">The fields that hold the address of an array.</param>
internal sealed record StructModel(
    string Namespace,
    string Name,
    string? CName,
    int Size,
    EquatableArray<FieldModel> Fields,
    EquatableArray<IoctlModel> Ioctls,
    EquatableArray<UserArrayModel> Arrays,
    LocationInfo? Location);

/// <summary>One field, or a flexible array (size 0).</summary>
/// <param name="Table">Full name of the table that has the names of its values, or null.</param>
internal sealed record FieldModel(string Name, string CName, int Offset, int Size, string? Union, FieldForm Form, string? Table = null)
{
    public int End => Offset + Size;

    /// <summary>Whether this is a member of an anonymous struct rather than a field of its own.</summary>
    public bool IsNested => CName.Contains(".");
}

/// <summary>What a field holds, as far as its text differs.</summary>
internal enum FieldForm
{
    /// <summary>An unsigned number, or an enum whose values have no names.</summary>
    Number,

    /// <summary>A signed number.</summary>
    Signed,

    /// <summary>One of some named values.</summary>
    Value,

    /// <summary>Named bits.</summary>
    Flags,

    /// <summary>A struct or an array.</summary>
    Compound,
}

/// <summary>One ioctl and its argument.</summary>
/// <param name="Number">Counted from the driver's command base; of the core's ioctls the number itself.</param>
/// <param name="Direction">The direction bits.</param>
/// <param name="CName">C name of the request code.</param>
/// <param name="IsCore">Whether it belongs to the DRM core rather than to the driver.</param>
/// <param name="Argument">Full name of the argument struct.</param>
/// <param name="Size">Bytes of the argument.</param>
internal sealed record IoctlModel(int Number, int Direction, string CName, bool IsCore, string Argument, int Size, LocationInfo? Location)
{
    /// <summary>The numbers <c>[CommandBase, CommandEnd)</c> are the driver's.</summary>
    public const int CommandBase = 0x40, CommandEnd = 0xa0, NumberEnd = 0x100;

    private string Prefix => IsCore ? "DRM_IOCTL_" : "DRM_IOCTL_XE_";

    /// <summary>The C name of the number itself, without the <c>IOCTL_</c> of the request code.</summary>
    public string NumberCName => CName.Replace("_IOCTL_", "_");

    /// <summary>For example <c>VmBind</c>.</summary>
    public string Name => CNames.ToPascalCase(CName.StartsWith(Prefix, StringComparison.Ordinal) ? CName.Substring(Prefix.Length) : CName);

    /// <summary>The number in the request code.</summary>
    public int RequestNumber => IsCore ? Number : CommandBase + Number;

    /// <summary>Whether the argument is copied back to the caller.</summary>
    public bool CopiesBack => (Direction & 2) != 0;

    /// <summary>The request code (specification 01, section 1).</summary>
    public uint RequestCode => ((uint)Direction << 30) | ((uint)Size << 16) | ((uint)'d' << 8) | (uint)RequestNumber;
}

/// <summary>A named number of the uAPI; negative values are 64-bit two's complement.</summary>
internal sealed record ConstantModel(string CName, ulong Value, LocationInfo? Location);
