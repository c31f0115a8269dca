using System.Globalization;
using System.Text;

namespace XePt.Diagnostics;

/// <summary>One record of a recorder.</summary>
public sealed class XeRecord
{
    internal XeRecord(long number) => Number = number;

    internal XeRecord(long number, XeEventInfo info, int thread, long timeNs) =>
        (Number, Event, Thread, TimeNs) = (number, info, thread, timeNs);

    /// <summary>Number of the record, from 0, without gaps over all threads.</summary>
    public long Number { get; }

    /// <summary>The event; null of a record that is torn.</summary>
    public XeEventInfo? Event { get; }

    /// <summary>The record was just being written, or overwritten, when it was read: nothing but its number is known.</summary>
    public bool IsTorn => Event is null;

    /// <summary>Managed id of the thread, its lowest 16 bits.</summary>
    public int Thread { get; }

    /// <summary>Nanoseconds, to 64, of the clock that the recorder was started with.</summary>
    public long TimeNs { get; }

    internal ulong First { get; init; }

    internal ulong Second { get; init; }

    internal ulong Third { get; init; }

    /// <summary>A field of the event; signed ones widened to 64 bits.</summary>
    /// <exception cref="ArgumentException">The event has no such field, or recorders do not keep it.</exception>
    public long this[string field]
    {
        get
        {
            XeEventField found = Event?.Fields.FirstOrDefault(candidate => candidate.Name == field && candidate.IsRecorded)
                ?? throw new ArgumentException($"{Event?.Name ?? "a torn record"} keeps no '{field}'", nameof(field));
            return ValueOf(found);
        }
    }

    /// <summary>For example <c>12 t5 1.024 us xe_vma_bind vma=1 vm=1 start=0x1000 end=0x1fff</c>.</summary>
    public override string ToString()
    {
        if (Event is null)
            return string.Create(CultureInfo.InvariantCulture, $"{Number} torn");
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Number} t{Thread} {TimeNs / 1000}.{TimeNs % 1000:d3} us {Event.Name}");
        foreach (XeEventField field in Event.Fields.Where(field => field.IsRecorded))
            text.Append(CultureInfo.InvariantCulture, $" {field.Name}={TextOf(field)}");
        return text.ToString();
    }

    private string TextOf(XeEventField field)
    {
        long value = ValueOf(field);
        return value is >= -9999 and <= 9 ? value.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
    }

    private long ValueOf(XeEventField field) => (long)field.ValueIn([First, Second, Third]);
}
