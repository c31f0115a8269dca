using System.Runtime.InteropServices;
using XePt.Memory;

namespace XePt.Tests.Memory;

/// <summary>Each tier is called by name and compared with a plain loop; without the hardware the wide ones run in software.</summary>
public unsafe class PteBlockTests
{
    private const int MaxCount = 600;
    private const int Margin = 16;
    private const ulong Canary = 0xdead_beef_dead_beef;
    private const ulong PageBytes = 4096;

    // Far enough from 0 for pages before it, with bits above and below the address.
    private const ulong First = 0x4000_8123_4567_8803;

    private delegate void SequenceKernel(ulong* dst, nuint count, ulong first, ulong stride);

    private delegate void PageKernel(ulong* dst, int* distances, nuint count, ulong first);

    private delegate void PublishKernel(ulong* dst, ulong* src, nuint count);

    private delegate void ZapKernel(ulong* dst, nuint count, ulong value);

    [Fact]
    public void Sequences_are_the_same_in_every_tier_at_every_count_and_alignment()
    {
        SequenceKernel[] tiers =
            [PteBlock.Scalar.FillSequence, PteBlock.V256.FillSequence, PteBlock.V512.FillSequence, PteBlock.FillSequence];
        var random = new Random(21);
        ForEachBlock((block, offset, count) =>
        {
            ulong first = (ulong)random.NextInt64();
            ulong stride = random.Next(
                4) switch
            { 0 => 0, 1 => PageBytes, 2 => unchecked(0UL - PageBytes), _ => (ulong)random.NextInt64() };
            ulong[] expected = Expected(offset, count, i => unchecked(first + ((ulong)i * stride)));
            foreach (SequenceKernel tier in tiers)
                AssertWrites(block, expected, () => tier(block + offset, (nuint)count, first, stride));
        });
    }

    [Fact]
    public void A_table_of_contiguous_memory_is_the_same_in_every_tier()
    {
        delegate*<ulong*, ulong, void>[] tiers = [&PteBlock.V256.FillTable, &PteBlock.V512.FillTable, &PteBlock.FillTable];
        ulong* page = (ulong*)NativeMemory.AlignedAlloc(3 * (nuint)PageBytes, (nuint)PageBytes);
        var around = new Span<ulong>(page, 3 * 512);
        foreach (delegate*<ulong*, ulong, void> tier in tiers)
        {
            around.Fill(Canary);
            tier(page + 512, 0xffff_ffff_ff00_0803);
            for (int i = 0; i < 3 * 512; i++)
                Assert.Equal(
                    i is >= 512 and < 1024 ? unchecked(0xffff_ffff_ff00_0803 + ((ulong)(i - 512) * PageBytes)) : Canary, around[i]);
        }

        NativeMemory.AlignedFree(page);
    }

    [Fact]
    public void Chunks_of_64_KiB_are_the_same_in_every_tier()
    {
        delegate*<ulong*, nuint, ulong, void>[] tiers = [&PteBlock.V256.FillChunks, &PteBlock.V512.FillChunks, &PteBlock.FillChunks];
        var block = new ulong[(6 * 16) + (2 * Margin)];
        fixed (ulong* start = block)
        {
            foreach (delegate*<ulong*, nuint, ulong, void> tier in tiers)
            {
                for (int chunks = 1; chunks <= 6; chunks++)
                {
                    block.AsSpan().Fill(Canary);
                    tier(start + Margin, (nuint)chunks, First);
                    for (int i = 0; i < block.Length; i++)
                    {
                        bool isInside = i >= Margin && i < Margin + (chunks * 16);
                        Assert.Equal(isInside ? First + ((ulong)(i - Margin) * PageBytes) : Canary, block[i]);
                    }
                }
            }
        }
    }

    [Fact]
    public void A_table_of_scattered_pages_is_the_same_in_every_tier()
    {
        delegate*<ulong*, int*, ulong, void>[] tiers =
            [&PteBlock.V256.FillTableFromPages, &PteBlock.V512.FillTableFromPages, &PteBlock.FillTableFromPages];
        ulong* page = (ulong*)NativeMemory.AlignedAlloc(3 * (nuint)PageBytes, (nuint)PageBytes);
        var around = new Span<ulong>(page, 3 * 512);
        int[] source = RandomDistances(513, 23);
        foreach (delegate*<ulong*, int*, ulong, void> tier in tiers)
        {
            around.Fill(Canary);
            fixed (int* distances = source)
                tier(page + 512, distances + 1, First);
            for (int i = 0; i < 3 * 512; i++)
                Assert.Equal(i is >= 512 and < 1024 ? EntryAt(source[i - 511]) : Canary, around[i]);
        }

        NativeMemory.AlignedFree(page);
    }

    [Fact]
    public void A_fill_repeats_one_value() =>
        ForEachBlock((block, offset, count) =>
            AssertWrites(block, Expected(offset, count, _ => 0x1234_5003), () => PteBlock.Fill(block + offset, (nuint)count, 0x1234_5003)));

    [Fact]
    public void Page_lists_are_the_same_in_every_tier_at_every_count_and_alignment()
    {
        PageKernel[] tiers =
            [PteBlock.Scalar.FillFromPages, PteBlock.V256.FillFromPages, PteBlock.V512.FillFromPages,
                PteBlock.FillFromPages];
        int[] source = RandomDistances(MaxCount + Margin, 22);
        ForEachBlock((block, offset, count) =>
        {
            int from = (offset + count) % Margin;
            ulong[] expected = Expected(offset, count, i => EntryAt(source[from + i]));
            fixed (int* distances = source)
            {
                int* start = distances + from;
                foreach (PageKernel tier in tiers)
                    AssertWrites(block, expected, () => tier(block + offset, start, (nuint)count, First));
            }
        });
    }

    [Fact]
    public void Publishing_is_the_same_in_every_tier_at_every_count_and_alignment()
    {
        PublishKernel[] tiers = [PteBlock.Scalar.StoreEach, PteBlock.Pairs.StoreEach, PteBlock.StoreEach];
        ulong[] source = RandomEntries(MaxCount + Margin, 23);
        ForEachBlock((block, offset, count) =>
        {
            int from = (offset + count) % Margin;
            ulong[] expected = Expected(offset, count, i => source[from + i]);
            fixed (ulong* entries = source)
            {
                ulong* start = entries + from;
                foreach (PublishKernel tier in tiers)
                    AssertWrites(block, expected, () => tier(block + offset, start, (nuint)count));
            }
        });
    }

    [Fact]
    public void Zapping_is_the_same_in_every_tier_at_every_count_and_alignment()
    {
        ZapKernel[] tiers = [PteBlock.Scalar.StoreEach, PteBlock.Pairs.StoreEach, PteBlock.StoreEach];
        ForEachBlock((block, offset, count) =>
        {
            foreach (ZapKernel tier in tiers)
                AssertWrites(block, Expected(offset, count, _ => 7), () => tier(block + offset, (nuint)count, 7));
        });
    }

    [Fact]
    public void Walkers_never_see_a_torn_or_a_foreign_entry_while_a_table_is_rewritten()
    {
        const int Count = 512;
        ulong[] images = [.. Enumerable.Repeat(0x1111_1111_1111_1111UL, Count), .. Enumerable.Repeat(0xeeee_eeee_eeee_eeeeUL, Count)];
        ulong* table = (ulong*)NativeMemory.AlignedAlloc(4096, 4096);
        new Span<ulong>(table, Count).Clear();
        bool stop = false;
        ulong wrong = 0;
        var walker = new Thread(() =>
        {
            for (int i = 0; !Volatile.Read(ref stop); i = (i + 1) % Count)
            {
                ulong seen = Volatile.Read(ref table[i]);
                if (seen is not (0 or 0x1111_1111_1111_1111 or 0xeeee_eeee_eeee_eeee))
                    wrong = seen;
            }
        });
        walker.Start();
        fixed (ulong* source = images)
        {
            for (int round = 0; round < 20_000; round++)
            {
                int offset = round % 3;
                PteBlock.StoreEach(table + offset, source + (round % 2 * Count), (nuint)(Count - offset));
                PteBlock.StoreEach(table + offset, Count - 2, 0);
            }
        }

        Volatile.Write(ref stop, true);
        walker.Join();
        NativeMemory.AlignedFree(table);
        Assert.Equal(0UL, wrong);
    }

    private delegate void BlockTest(ulong* block, int offset, int count);

    private static void ForEachBlock(BlockTest test)
    {
        ulong* block = (ulong*)NativeMemory.AlignedAlloc((MaxCount + (2 * Margin)) * sizeof(ulong), 64);
        try
        {
            var random = new Random(20);
            for (int count = 0; count <= MaxCount; count++)
                test(block, random.Next(Margin), count);
        }
        finally
        {
            NativeMemory.AlignedFree(block);
        }
    }

    private static ulong[] Expected(int offset, int count, Func<int, ulong> entry)
    {
        ulong[] expected = new ulong[MaxCount + (2 * Margin)];
        Array.Fill(expected, Canary);
        for (int i = 0; i < count; i++)
            expected[offset + i] = entry(i);
        return expected;
    }

    private static void AssertWrites(ulong* block, ulong[] expected, Action kernel)
    {
        var whole = new Span<ulong>(block, expected.Length);
        whole.Fill(Canary);
        kernel();
        Assert.True(whole.SequenceEqual(expected), "Wrong entry, or a write outside the block.");
    }

    private static ulong EntryAt(int distance) => unchecked(First + ((ulong)distance * PageBytes));

    private static int[] RandomDistances(int count, int seed)
    {
        var random = new Random(seed);
        return [int.MinValue, int.MaxValue, -1, .. Enumerable.Range(3, count - 3).Select(_ => random.Next(int.MinValue, int.MaxValue))];
    }

    private static ulong[] RandomEntries(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64())];
    }
}
