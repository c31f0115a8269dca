namespace XePt.Uapi.Formats;

/// <summary>The long text of an entry: one line that sums it up, then one per field.</summary>
public static partial class PteFormats
{
    private const int MaxDescription = 4096;

    /// <summary>Lists the fields of an entry with bits, names, values and meanings; reserved fields only if they are not 0.</summary>
    /// <param name="id">The format.</param>
    /// <param name="level">The level of the table that holds the entry, 0 to 4.</param>
    /// <param name="compactTable">Whether that table is compact.</param>
    /// <param name="raw">The entry.</param>
    public static string Describe(PteFormatId id, int level, bool compactTable, ulong raw)
    {
        Span<char> text = stackalloc char[MaxDescription];
        TryDescribe(id, level, compactTable, raw, text, out int length);
        return text[..length].ToString();
    }

    /// <summary>Like <see cref="Describe"/>, without allocating. 4096 characters are always enough.</summary>
    /// <param name="id">The format.</param>
    /// <param name="level">The level of the table that holds the entry, 0 to 4.</param>
    /// <param name="compactTable">Whether that table is compact.</param>
    /// <param name="raw">The entry.</param>
    /// <param name="destination">Where to write.</param>
    /// <param name="charsWritten">The length, 0 if the text does not fit.</param>
    /// <returns>Whether the text fits.</returns>
    public static bool TryDescribe(PteFormatId id, int level, bool compactTable, ulong raw, Span<char> destination, out int charsWritten)
    {
        DecodedPte entry = Decode(id, level, compactTable, raw);
        PteText text = new(destination);
        WriteSummary(ref text, id, entry);
        foreach (PteField field in LayoutOf(id, entry.Kind).Fields)
        {
            ulong value = field.ValueIn(raw);
            if (value != 0 || field.Role != PteRole.MustBeZero)
                WriteField(ref text, field, value);
        }

        return text.End(out charsWritten);
    }

    /// <summary>What a field with this value means, in a few words.</summary>
    /// <param name="role">The field's role.</param>
    /// <param name="value">The field's value, as <see cref="PteField.ValueIn"/> gives it.</param>
    public static string MeaningOf(PteRole role, ulong value) => (role, value != 0) switch
    {
        (PteRole.MustBeZero, true) => "never set by the driver",
        (PteRole.MustBeZero, false) => "always 0",
        (PteRole.Present, true) => "valid",
        (PteRole.Present, false) => "not valid",
        (PteRole.Writable, true) => "writable",
        (PteRole.Writable, false) => "read-only",
        (PteRole.Pat0, _) => "bit 0 of the PAT index",
        (PteRole.Pat1, _) => "bit 1 of the PAT index",
        (PteRole.Pat2, _) => "bit 2 of the PAT index",
        (PteRole.Pat3, _) => "bit 3 of the PAT index",
        (PteRole.Pat4, _) => "bit 4 of the PAT index",
        (PteRole.Pde64K, true) => "child table is compact (64 KiB entries)",
        (PteRole.Pde64K, false) => "child table is normal (4 KiB entries)",
        (PteRole.PageSize, true) => "huge leaf",
        (PteRole.PageSize, false) => "not a leaf",
        (PteRole.Ps64, true) => "part of a 64 KiB page",
        (PteRole.Ps64, false) => "4 KiB page",
        (PteRole.Null, true) => "reads 0, drops writes",
        (PteRole.Null, false) => "backed by memory",
        (PteRole.AtomicEnable, true) => "device atomics enabled",
        (PteRole.AtomicEnable, false) => "device atomics disabled",
        (PteRole.DeviceMemory, true) => "device memory",
        (PteRole.DeviceMemory, false) => "system memory",
        (PteRole.Address, _) => "address",
        _ => "",
    };

    private static void WriteSummary(ref PteText text, PteFormatId id, in DecodedPte entry)
    {
        text.AppendHex(entry.Raw, allDigits: true);
        text.Append("  ");
        text.Append(NameOf(id));
        text.Append(" level ");
        text.Append((uint)entry.Level);
        text.Append(": ");
        entry.Write(ref text);
        text.EndLine();
    }

    private static void WriteField(ref PteText text, in PteField field, ulong value)
    {
        text.Append("  ");
        text.Append(field.Low);
        if (field.High != field.Low)
        {
            text.Append("-");
            text.Append(field.High);
        }

        text.EndCell(9);
        text.Append(field.Name);
        text.EndCell(24);
        text.AppendHex(value);
        text.EndCell(17);
        text.Append(MeaningOf(field.Role, value));
        text.EndCell(42);
        text.Append(field.Rule);
        text.EndLine();
    }

    private static string NameOf(PteFormatId id) => id switch
    {
        PteFormatId.XeLp => "Xe_LP",
        PteFormatId.XeHpg => "Xe_HPG",
        PteFormatId.XeHpc => "Xe_HPC",
        PteFormatId.XeLpg => "Xe_LPG",
        _ => "Xe2",
    };
}
