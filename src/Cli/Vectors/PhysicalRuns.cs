using System.Text.Json;

namespace XePt.Cli.Vectors;

/// <summary>Reads backings: lists of runs <c>[addr, size, count, stride]</c>.</summary>
internal static class PhysicalRuns
{
    /// <summary>More chunks than any vector needs; protects against a count that would fill the memory.</summary>
    private const int MaxChunks = 1 << 22;

    private const ulong PageMask = 0xfff;

    /// <summary>The field <c>runs</c>, whose chunks must add up to <paramref name="size"/> bytes.</summary>
    public static PhysicalRun[] Read(JsonElement of, ulong size)
    {
        PhysicalRun[] runs = [.. of.Items("runs").Select(ReadRun)];
        UInt128 total = 0;
        long chunks = 0;
        foreach (PhysicalRun run in runs)
        {
            total += (UInt128)run.Size * (uint)run.Count;
            chunks += run.Count;
        }

        if (chunks > MaxChunks)
            throw new MalformedVectorException($"'runs' has {chunks} chunks, more than {MaxChunks}");
        return total == size
            ? runs
            : throw new MalformedVectorException($"'runs' holds 0x{total:x} bytes instead of 0x{size:x}");
    }

    private static PhysicalRun ReadRun(JsonElement element)
    {
        JsonElement[] parts = element.Items(4, "runs");
        var run = new PhysicalRun(
            parts[0].AsHex("run address"),
            parts[1].AsHex("run size"),
            (int)parts[2].AsInteger("run count", 1, MaxChunks),
            parts[3].AsHex("run stride"));
        return run.Size != 0 && ((run.Address | run.Size | run.Stride) & PageMask) == 0
            ? run
            : throw new MalformedVectorException($"'runs' has a run that is not of 4 KiB pages: {VectorJson.Quote(element)}");
    }
}
