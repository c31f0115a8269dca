using System.Globalization;

namespace XePt.Generators.PteFormats;

internal static class Hex
{
    /// <summary>A C# literal of a mask.</summary>
    public static string Of(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
