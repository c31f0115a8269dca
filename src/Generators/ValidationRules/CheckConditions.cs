using System.Globalization;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>C# expressions of the tests.</summary>
internal static class CheckConditions
{
    /// <summary>True for an argument that the test refuses, looking at these of its fields only.</summary>
    public static string IsBad(TestModel test, IReadOnlyList<FieldModel> fields) => test.Kind switch
    {
        CheckKind.RefuseIf => test.Condition!.Call,
        CheckKind.Zero => $"{AnyBit(fields)} != 0",
        CheckKind.Aligned => $"({AnyBit(fields)} & {Hex(test.Operand - 1)}) != 0",
        CheckKind.AtMost => $"{AnyBit(fields)} > {Hex(test.Operand)}",
        CheckKind.KnownFlags => $"({AnyBit(fields)} & ~{Hex(test.Operand)}) != 0",
        _ => IsNotAmong(AnyBit(fields), test.Values),
    };

    /// <summary>The value of a field as a refusal reports it: an array's first element that is not zero.</summary>
    public static string Reported(FieldModel field)
    {
        var words = Words(field).ToArray();
        return string.Concat(words.Take(words.Length - 1).Select(static word => $"{word} != 0 ? {word} : ")) + words[words.Length - 1];
    }

    /// <summary>A number that has every bit that any of the fields has.</summary>
    private static string AnyBit(IReadOnlyList<FieldModel> fields)
    {
        var words = fields.SelectMany(Words).ToArray();
        return words.Length == 1 ? words[0] : $"({string.Join(" | ", words)})";
    }

    private static IEnumerable<string> Words(FieldModel field) => field.Length == 0
        ? [$"(ulong)argument.{field.Path}"]
        : Enumerable.Range(0, field.Length).Select(index => $"(ulong)argument.{field.Path}[{index}]");

    private static string IsNotAmong(string value, EquatableArray<ulong> values) =>
        values.Count == 0 ? "true"
        : values[0] == 0 && values[values.Count - 1] == (ulong)values.Count - 1 ? $"{value} > {Hex(values[values.Count - 1])}"
        : $"{value} is not ({string.Join(" or ", values.Select(Hex))})";

    private static string Hex(ulong number) => $"0x{number.ToString("x", CultureInfo.InvariantCulture)}ul";
}
