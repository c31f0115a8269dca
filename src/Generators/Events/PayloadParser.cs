using System.Text;
using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.Events;

/// <summary>Reads one field of an event.</summary>
internal static class PayloadParser
{
    private const string RecordedAttribute = SpecNames.Namespace + "RecordedAttribute";

    /// <summary>What a field is: its type, and how many bits of it are recorded, in a place that is still to be found.</summary>
    public static (string Type, int Size, RecordPlace? Place, DiagnosticInfo? Problem) Read(IFieldSymbol field)
    {
        var type = field.Type is INamedTypeSymbol { EnumUnderlyingType: { } below } ? below : field.Type;
        var (keyword, size) = TypeOf(type.SpecialType);
        if (keyword == "")
            return ("", 0, null, DiagnosticInfo.At(field, EventDiagnostics.FieldType, field.Name));
        if (field.AttributeOf(RecordedAttribute) is not { } recorded)
            return (keyword, size, null, null);

        var (bits, shift) = (recorded.Positional<int>(0), recorded.Named<int>("Shift"));
        var most = keyword == "bool" ? 1 : size * 8;
        var fits = bits > 0 && shift >= 0 && bits + shift <= most;
        return fits
            ? (keyword, size, new RecordPlace(0, 0, bits, shift, recorded.Named<bool>("EndsInOnes")), null)
            : (keyword, size, null, DiagnosticInfo.At(field, EventDiagnostics.FieldBits, field.Name, $"{bits}", $"{shift}"));
    }

    /// <summary><c>MoveLacksSource</c> becomes <c>move_lacks_source</c>.</summary>
    public static string NameOf(IFieldSymbol field)
    {
        var name = new StringBuilder();
        foreach (var letter in field.Name)
        {
            if (char.IsUpper(letter) && name.Length > 0)
                name.Append('_');
            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }

    // A bool takes four bytes in a payload.
    private static (string Keyword, int Size) TypeOf(SpecialType type) => type switch
    {
        SpecialType.System_Byte => ("byte", 1),
        SpecialType.System_UInt16 => ("ushort", 2),
        SpecialType.System_Int32 => ("int", 4),
        SpecialType.System_UInt32 => ("uint", 4),
        SpecialType.System_Int64 => ("long", 8),
        SpecialType.System_UInt64 => ("ulong", 8),
        SpecialType.System_Boolean => ("bool", 4),
        SpecialType.System_String => ("string", 0),
        _ => ("", 0),
    };
}
