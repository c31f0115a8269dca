using System.Globalization;
using System.Text;

namespace XePt.Uapi.Text;

/// <summary>Writes a struct of the uAPI for people. The generated <c>ToString</c> of the structs call this.</summary>
/// <param name="name">C name; empty for an anonymous struct.</param>
internal struct StructText(string name)
{
    private const long LargestPlain = 9999;
    private const string Nothing = "{ }";

    private readonly StringBuilder _text = new(name.Length == 0 ? name : name + " ");
    private bool _hasFields;

    /// <summary>The text of a number: short ones as they are said, others hexadecimal.</summary>
    public static string Of(ulong number) =>
        number <= 9 ? number.ToString(CultureInfo.InvariantCulture) : "0x" + number.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The words of an array; empty when all are zero.</summary>
    public static string Of<T>(ReadOnlySpan<T> words)
        where T : struct, IConvertible
    {
        var all = new string[words.Length];
        bool isZero = true;
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = words[i].ToUInt64(CultureInfo.InvariantCulture);
            all[i] = Of(word);
            isZero &= word == 0;
        }

        return isZero ? "" : $"[{string.Join(", ", all)}]";
    }

    public void Add(string field, ulong value)
    {
        if (value != 0)
            Add(field, Of(value));
    }

    public void AddSigned(string field, long value)
    {
        if (value != 0)
            Add(field, value is < 0 and > -LargestPlain ? value.ToString(CultureInfo.InvariantCulture) : Of((ulong)value));
    }

    public void AddFlags(string field, ulong value, ReadOnlySpan<FlagName> names)
    {
        Span<char> text = stackalloc char[512];
        if (value != 0)
            Add(field, FlagFormatter.TryFormatFlags(value, names, text, out int length) ? text[..length].ToString() : Of(value));
    }

    /// <summary>A named value is shown even when it is 0, unless that has no name.</summary>
    public void AddValue(string field, ulong value, ReadOnlySpan<FlagName> names)
    {
        Span<char> text = stackalloc char[128];
        bool isNamed = FlagFormatter.TryFormatValue(value, names, text, out int length) && text[0] != '0';
        if (isNamed || value != 0)
            Add(field, isNamed ? text[..length].ToString() : Of(value));
    }

    /// <summary>A struct or an array; one that is zero is left out.</summary>
    public void Add(string field, string value)
    {
        if (value.Length == 0 || value.EndsWith(Nothing, StringComparison.Ordinal))
            return;
        _text.Append(_hasFields ? ", " : "{ ").Append(field).Append(" = ").Append(value);
        _hasFields = true;
    }

    /// <summary>The text.</summary>
    public override readonly string ToString() => _hasFields ? _text.ToString() + " }" : _text.ToString() + Nothing;
}
