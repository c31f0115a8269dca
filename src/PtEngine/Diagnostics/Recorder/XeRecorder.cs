using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Numerics;

namespace XePt.Diagnostics;

/// <summary>Keeps the newest events of a device in memory of fixed size, 32 bytes each, so that what led to a failure can be seen
/// afterwards. Off until it is started.</summary>
/// <remarks>Concurrency: any thread records, starts, stops and reads, at any time; nobody waits (<see cref="RecordRing"/>). A call that
/// runs while the recorder is started may be recorded from its middle on.</remarks>
public sealed class XeRecorder
{
    /// <summary>Bytes of one record.</summary>
    public const int BytesPerRecord = RecordRing.RecordBytes;

    /// <summary>Most records that can be asked for.</summary>
    public const int MostRecords = 1 << 24;

    private readonly DeviceWatch _watch;
    private readonly Func<long> _deviceClock;
    private RecordRing? _ring;

    internal XeRecorder(DeviceWatch watch, Func<long> deviceClock) => (_watch, _deviceClock) = (watch, deviceClock);

    /// <summary>Events are being recorded.</summary>
    public bool IsOn => _watch.Ring is not null;

    /// <summary>Records written since the recorder was started; the newest of them can be read.</summary>
    public long Written => Volatile.Read(ref _ring)?.Written ?? 0;

    /// <summary>Where an exception that leaves a call of the engine makes the recorder write what it has (<see cref="Dump"/>); null for
    /// nowhere. The writer must bear being used by several threads.</summary>
    public TextWriter? FailureDump { get; set; }

    /// <summary>Records from now on; what was recorded before is forgotten.</summary>
    /// <param name="records">How many records are kept; rounded up to a power of two.</param>
    /// <param name="level">The least important level that is kept. Informational keeps VMAs, VMs, BOs, faults and
    /// the calls that are refused; Verbose also accepted calls, their stages, validated BOs and TLB invalidations.</param>
    /// <param name="groups">Which events are kept.</param>
    /// <param name="clock">The time that they carry.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="records"/> is not from 1 to <see cref="MostRecords"/>.</exception>
    public void Start(
        int records = 1 << 16,
        EventLevel level = EventLevel.Informational,
        XeEventGroups groups = XeEventGroups.All,
        XeRecorderClock clock = XeRecorderClock.Device)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(records, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(records, MostRecords);
        var ring = new RecordRing(
            (int)BitOperations.RoundUpToPowerOf2((uint)records), level, groups, clock == XeRecorderClock.Device ? _deviceClock : RealTime);
        Volatile.Write(ref _ring, ring);
        _watch.SetRing(ring);
    }

    /// <summary>Records nothing more. What was recorded can still be read.</summary>
    public void Stop() => _watch.SetRing(null);

    /// <summary>What is recorded, oldest first. Calls may go on meanwhile; records that they are just writing are torn.</summary>
    public IReadOnlyList<XeRecord> Read() => Volatile.Read(ref _ring)?.Read() ?? [];

    /// <summary>Writes what is recorded, a line for each record.</summary>
    public void Dump(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        IReadOnlyList<XeRecord> records = Read();
        long lost = records.Count == 0 ? 0 : records[0].Number;
        writer.WriteLine($"{_watch.Name}: {records.Count} events{(lost > 0 ? $", {lost} older ones overwritten" : "")}");
        foreach (XeRecord record in records)
            writer.WriteLine(record.ToString());
    }

    /// <summary>For example <c>recorder of bmg#1: on, 12 events</c>.</summary>
    public override string ToString() => $"recorder of {_watch.Name}: {(IsOn ? "on" : "off")}, {Written} events";

    /// <summary>An exception is about to leave the engine.</summary>
    internal void Failed(string what)
    {
        if (FailureDump is not { } writer || !IsOn)
            return;
        writer.WriteLine(what);
        Dump(writer);
    }

    private static long RealTime() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
}
