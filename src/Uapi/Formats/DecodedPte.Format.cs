namespace XePt.Uapi.Formats;

/// <summary>The one-line text of an entry: kind, address, then what is set.</summary>
public readonly partial record struct DecodedPte : ISpanFormattable
{
    /// <summary>Longest text that <see cref="TryFormat(Span{char}, out int)"/> writes, rounded up.</summary>
    private const int MaxLength = 160;

    /// <summary>Writes the text, for example <c>2M leaf 0x40000000 present writable pat=2 atomic device</c>.</summary>
    /// <param name="destination">Where to write.</param>
    /// <param name="charsWritten">The length, 0 if the text does not fit.</param>
    /// <returns>Whether the text fits.</returns>
    public bool TryFormat(Span<char> destination, out int charsWritten)
    {
        PteText text = new(destination);
        Write(ref text);
        return text.End(out charsWritten);
    }

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TryFormat(destination, out charsWritten);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>The text as a string.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[MaxLength];
        TryFormat(text, out int length);
        return text[..length].ToString();
    }

    internal void Write(ref PteText text)
    {
        if (Raw == 0)
        {
            text.Append("empty");
            return;
        }

        text.Append(Kind switch
        {
            PteEntryKind.Leaf4K => "4K leaf ",
            PteEntryKind.Leaf64K => "64K leaf ",
            PteEntryKind.Leaf2M => "2M leaf ",
            PteEntryKind.Leaf1G => "1G leaf ",
            _ => "directory ",
        });
        text.AppendHex(Address);
        text.Append(Present ? " present" : " not-present");
        text.Append(Writable ? " writable" : " read-only");
        text.Append(" pat=");
        text.Append(PatIndex);
        text.AppendIf(IsNull, " null");
        text.AppendIf(Ps64, " ps64");
        text.AppendIf(IsCompactPde, " compact");
        text.AppendIf(AtomicEnable, " atomic");
        text.AppendIf(DeviceMemory, " device");
        if (UnexpectedBits != 0)
        {
            text.Append(" unexpected=");
            text.AppendHex(UnexpectedBits);
        }
    }
}
