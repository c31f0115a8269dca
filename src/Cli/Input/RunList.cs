using System.Text.Json;

namespace XePt.Cli.Input;

/// <summary>Physical memory as traces write it: runs <c>[addr, size]</c> or <c>[addr, size, count, stride]</c>.</summary>
internal static class RunList
{
    private const ulong PageMask = 0xfff;

    /// <summary>Chunks of one list at most.</summary>
    public const int MaxChunks = 1 << 22;

    /// <summary>Reads runs; each is checked so that the engine can take it.</summary>
    public static PhysicalRun[] Read(JsonElement value, string what)
    {
        PhysicalRun[] runs = [.. value.ToArray(what).Select(run => ReadRun(run, what))];
        if (runs.Length == 0)
            throw new MalformedRecordException($"'{what}': at least one run is needed");
        if (runs.Sum(run => (long)run.Count) > MaxChunks)
            throw new MalformedRecordException($"'{what}': more than {MaxChunks} chunks");
        SizeOf(runs, what);
        return runs;
    }

    /// <summary>Bytes that runs hold together.</summary>
    public static ulong SizeOf(IEnumerable<PhysicalRun> runs, string what)
    {
        UInt128 size = 0;
        foreach (PhysicalRun run in runs)
            size += (UInt128)run.Size * (ulong)run.Count;
        return size <= ulong.MaxValue ? (ulong)size : throw new MalformedRecordException($"'{what}': more than 64 bits of memory");
    }

    /// <summary>Turns what the engine finds wrong with runs into a report of the record they are in.</summary>
    /// <param name="fault">What is wrong, or null.</param>
    /// <param name="what">Field of the record.</param>
    public static void Require(string? fault, string what)
    {
        if (fault is not null)
            throw new MalformedRecordException($"'{what}': {fault}");
    }

    private static PhysicalRun ReadRun(JsonElement value, string what)
    {
        JsonElement[] parts = value.ToArray(what);
        if (parts.Length is not (2 or 4))
            throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} is not [addr, size] or [addr, size, count, stride]");

        ulong address = parts[0].ToAddress(what), size = parts[1].ToUInt64(what);
        int count = parts.Length == 4 ? parts[2].ToInt32(what, MaxChunks) : 1;
        ulong stride = parts.Length == 4 ? parts[3].ToUInt64(what) : 0;
        if (((address | size | stride) & PageMask) != 0 || size == 0 || count == 0)
            throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} is not made of 4 KiB pages");
        if (address + ((UInt128)stride * (ulong)(count - 1)) + size > ulong.MaxValue)
            throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} ends beyond 64 bits");
        return new PhysicalRun(address, size, count, stride);
    }
}
