using System.Collections.Immutable;
using XePt.Uapi.Formats;
using static XePt.Uapi.Formats.PatCoherency;

namespace XePt.Devices;

/// <summary>The PAT tables of all platforms (PT-049 to PT-052).</summary>
public static class PatTables
{
    /// <summary>Marks a reserved slot in the value lists below; wider than any hardware value.</summary>
    private const uint Reserved = uint.MaxValue;

    /// <summary>Compression enable in an Xe2-format value (PT-043).</summary>
    private const uint CompressionEnable = 1 << 9;

    /// <summary>Coherency field of an Xe2-format value; non-zero means at least one-way (PT-042).</summary>
    private const uint CoherencyField = 3;

    private static readonly ImmutableArray<PatEntry> Xe2Entries = FromXe2Values(
        0x00c, 0x00e, 0x00f, 0x03c, 0x032, 0x03e, 0x41c, 0x033,
        0x030, 0x20c, 0x230, 0x61c, 0x23c, 0x000, 0x200, 0x614,
        Reserved, Reserved, Reserved, Reserved, 0x04c, 0x24c, 0x04e, 0x04f,
        0x08c, 0x28c, 0x08e, 0x08f, 0x0cc, 0x2cc, 0x0ce, 0x0cf);

    /// <summary>Xe_LP, DG1 and DG2 (PT-050).</summary>
    public static PatTable XeLp { get; } = new()
    {
        Entries = [Entry(0x3, AtLeastOneWay), Entry(0x1, None), Entry(0x2, None), Entry(0x0, None)],
        IndexNone = 3,
        IndexWriteThrough = 2,
        IndexWriteBack = 0,
    };

    /// <summary>PVC (PT-050).</summary>
    public static PatTable XeHpc { get; } = new()
    {
        Entries =
        [
            Entry(0x0, None), Entry(0x1, None), Entry(0x2, None), Entry(0x3, AtLeastOneWay),
            Entry(0x6, None), Entry(0x7, AtLeastOneWay), Entry(0xa, None), Entry(0xb, AtLeastOneWay),
        ],
        IndexNone = 0,
        IndexWriteThrough = 2,
        IndexWriteBack = 3,
    };

    /// <summary>MTL and ARL (PT-050).</summary>
    public static PatTable XeLpg { get; } = new()
    {
        Entries =
        [
            Entry(0x0, None), Entry(0x4, None), Entry(0xc, None), Entry(0x2, AtLeastOneWay), Entry(0x3, AtLeastOneWay),
        ],
        IndexNone = 2,
        IndexWriteThrough = 1,
        IndexWriteBack = 3,
    };

    /// <summary>Xe2 other than graphics 20.01 (PT-051).</summary>
    public static PatTable Xe2 { get; } = new()
    {
        Entries = Xe2Entries,
        IndexNone = 3,
        IndexWriteThrough = 15,
        IndexWriteBack = 2,
        IndexNoneCompressed = 12,
    };

    /// <summary>Graphics 20.01: Xe2 without the last four entries (PT-049).</summary>
    public static PatTable Xe2Graphics2001 { get; } = Xe2 with { Entries = Xe2Entries[..28] };

    /// <summary>Xe3: Xe2 with entry 16 as compressed write-back (PT-051).</summary>
    public static PatTable Xe3 { get; } = Xe2 with
    {
        Entries = Xe2Entries.SetItem(16, FromXe2Value(0x20e)),
        IndexWriteBackCompressed = 16,
    };

    /// <summary>Xe3p XPC: CRI (PT-052).</summary>
    public static PatTable Xe3pXpc { get; } = new()
    {
        Entries = FromXe2Values(
            0x000, 0x002, 0x003, 0x03c, 0x03e, 0x030, 0x032, 0x033,
            0x00c, 0x00e, 0x00f, Reserved, Reserved, Reserved, Reserved, Reserved,
            Reserved, Reserved, Reserved, Reserved, Reserved, Reserved, Reserved, 0x040,
            0x042, 0x043, 0x080, 0x082, 0x083, 0x0c0, 0x0c2, 0x0c3),
        IndexNone = 3,
        IndexWriteThrough = 3,
        IndexWriteBack = 2,
    };

    private static PatEntry Entry(uint value, PatCoherency coherency) => new(value, coherency, Compressed: false);

    private static ImmutableArray<PatEntry> FromXe2Values(params ReadOnlySpan<uint> values)
    {
        var entries = ImmutableArray.CreateBuilder<PatEntry>(values.Length);
        foreach (uint value in values)
            entries.Add(FromXe2Value(value));
        return entries.MoveToImmutable();
    }

    private static PatEntry FromXe2Value(uint value) => value == Reserved
        ? default
        : new PatEntry(value, (value & CoherencyField) != 0 ? AtLeastOneWay : None, (value & CompressionEnable) != 0);
}
