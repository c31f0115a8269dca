using System.Globalization;

namespace XePt.Uapi.Formats;

/// <summary>Appends text and table cells to a span without allocating; once something does not fit, the result is void.</summary>
internal ref struct PteText(Span<char> destination)
{
    private readonly Span<char> _destination = destination;
    private int _length;
    private int _cellEnd;
    private bool _overflow;

    /// <summary>Ends the text.</summary>
    /// <param name="charsWritten">The length, 0 if something did not fit.</param>
    /// <returns>Whether everything fitted.</returns>
    public readonly bool End(out int charsWritten)
    {
        charsWritten = _overflow ? 0 : _length;
        return !_overflow;
    }

    /// <summary>Appends text.</summary>
    public void Append(scoped ReadOnlySpan<char> text)
    {
        _overflow = _overflow || !text.TryCopyTo(_destination[_length..]);
        _length += _overflow ? 0 : text.Length;
    }

    /// <summary>Ends a table cell: appends blanks until <paramref name="width"/> characters stand after the end of the previous
    /// cell.</summary>
    public void EndCell(int width)
    {
        _cellEnd += width;
        while (_length < _cellEnd && !_overflow)
            Append(" ");
    }

    /// <summary>Ends the line.</summary>
    public void EndLine()
    {
        Append("\n");
        _cellEnd = _length;
    }

    /// <summary>Appends text if a condition holds.</summary>
    public void AppendIf(bool condition, scoped ReadOnlySpan<char> text)
    {
        if (condition)
            Append(text);
    }

    /// <summary>Appends a decimal number.</summary>
    public void Append(uint number) => Format(number, "");

    /// <summary>Appends a hexadecimal number, in all 16 digits or without leading zeros.</summary>
    public void AppendHex(ulong number, bool allDigits = false)
    {
        Append("0x");
        Format(number, allDigits ? "x16" : "x");
    }

    private void Format<T>(T number, scoped ReadOnlySpan<char> format)
        where T : ISpanFormattable
    {
        int written = 0;
        _overflow = _overflow || !number.TryFormat(_destination[_length..], out written, format, CultureInfo.InvariantCulture);
        _length += written;
    }
}
