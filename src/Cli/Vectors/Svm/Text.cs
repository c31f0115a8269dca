using System.Globalization;

namespace XePt.Cli.Vectors.Svm;

/// <summary>Writes values as they stand in vector files.</summary>
internal static class Text
{
    public static string Hex(ulong value) => $"\"0x{value:x}\"";

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Word(string value) => $"\"{value}\"";

    public static string List(params IEnumerable<string> items) => $"[{string.Join(',', items)}]";

    /// <summary>A list, or nothing when it is empty.</summary>
    public static string ListOrNothing(IReadOnlyCollection<string> items) => items.Count == 0 ? "" : List(items);
}
