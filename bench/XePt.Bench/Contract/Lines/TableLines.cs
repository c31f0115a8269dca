using System.Runtime.InteropServices;

namespace XePt.Bench.Contract;

/// <summary>P3 and P4: what a map does to tables, from the walk to the last store, without the call around it.</summary>
internal static unsafe class TableLines
{
    private const int Entries = 512;
    private const int Rotation = 64;
    private const ulong Size2M = 2UL << 20;
    private const ulong Size1G = 1UL << 30;

    public static IEnumerable<ContractLine> All()
    {
        foreach (bool isScattered in (bool[])[false, true])
        {
            string text = isScattered ? "scattered" : "one piece";
            yield return ContractLine.Of(
                "P3", $"tables of a map of 2 MiB as 4K ÷ Fill(4 KiB), 64 in rotation, {text}", Goal.AtMostOrTimesFloor(1.3, times: 2.5),
                () => OpenCase(Size2M, Rotation, isScattered));
            yield return ContractLine.Of(
                "P4", $"tables of a map of 1 GiB as 4K ÷ Fill(2 MiB), {text}", Goal.AtMost(1.4, isScattered ? 1.8 : null),
                () => OpenCase(Size1G, 1, isScattered), margin: 0.15);
        }
    }

    private static PairCase OpenCase(ulong size, int count, bool isScattered)
    {
        var tables = new StagedTables(size, count, isScattered);
        var fill = new Fills((nuint)(size >> 9) * (nuint)count, (int)(size >> 12));
        var links = size == Size2M ? new LinkedFills(count, isScattered) : null;
        return new PairCase(
            new Side(count, tables.Bind, tables.Unbind), new Side(count, fill.Run), tables, fill, links)
        {
            Floor = links is null ? null : new Side(count, links.Run, links.Reset),
        };
    }

    /// <summary>Plain fills of as much memory.</summary>
    private sealed class Fills(nuint bytes, int entries) : IDisposable
    {
        private readonly ulong* _memory = (ulong*)NativeMemory.AlignedAlloc(bytes, 4096);

        public void Run()
        {
            ulong* end = _memory + (bytes / sizeof(ulong));
            for (ulong* at = _memory; at < end; at += entries)
                new Span<ulong>(at, entries).Fill(0x1003);
        }

        public void Dispose() => NativeMemory.AlignedFree(_memory);
    }
}
