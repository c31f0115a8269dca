using System.Numerics;
using System.Runtime.CompilerServices;
using CsCheck;
using XePt.Diagnostics;
using XePt.Memory;

namespace XePt.Tests.Memory;

public class BuddyAllocatorTests
{
    private const ulong Page = 4096;
    private const ulong MiB = 1 << 20;
    private const ulong GiB = 1 << 30;
    private const ulong Start = 4 * GiB;

    [Fact]
    public void A_fresh_region_is_the_fewest_aligned_blocks_from_its_lowest_address()
    {
        using var region = Region(pages: 1024 + 256 + 1);
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1], FreeBlocks(region));
        Assert.Equal(0UL, region.UsedBytes);
    }

    [Fact]
    public void An_allocation_is_the_fewest_blocks_largest_first_and_lowest_first()
    {
        using var region = Region(pages: 4096);
        var blocks = new BlockList();
        Assert.True(region.TryAllocate(11 * Page, Page, ref blocks));
        Assert.Equal([new(Start, 8 * Page), new(Start + (8 * Page), 2 * Page), new(Start + (10 * Page), Page)], blocks.AsSpan().ToArray());
        Assert.True(region.TryAllocate(2 * MiB, Page, ref blocks));
        Assert.Equal(new MemoryBlock(Start + (2 * MiB), 2 * MiB), blocks[3]);
        Assert.Equal((11 * Page) + (2 * MiB), region.UsedBytes);
    }

    [Fact]
    public void Fragmented_memory_is_used_down_to_the_smallest_block_allowed()
    {
        using var region = Region(pages: 64);
        var all = new BlockList();
        for (int i = 0; i < 64; i++)
            Assert.True(region.TryAllocate(Page, Page, ref all));
        // Free are 16 pages in a piece, one 8 KiB piece and 8 single pages.
        region.Free(Start, 16 * Page);
        region.Free(Start + (20 * Page), 2 * Page);
        for (ulong page = 40; page < 56; page += 2)
            region.Free(Start + (page * Page), Page);

        var coarse = new BlockList();
        Assert.False(region.TryAllocate(20 * Page, 2 * Page, ref coarse));
        Assert.Equal(0, coarse.Count);
        Assert.True(region.TryAllocate(18 * Page, 2 * Page, ref coarse));
        Assert.Equal([16 * Page, 2 * Page], Sizes(coarse));
        var fine = new BlockList();
        Assert.True(region.TryAllocate(8 * Page, Page, ref fine));
        Assert.Equal(Enumerable.Repeat(Page, 8), Sizes(fine));
        Assert.Equal(0UL, region.FreeBytes);
    }

    [Fact]
    public void A_contiguous_piece_is_aligned_and_its_unused_tail_stays_free()
    {
        using var region = Region(pages: 1024);
        Assert.True(region.TryAllocateContiguous(Page, out ulong first));
        Assert.True(region.TryAllocateContiguous(5 * Page, out ulong second));
        Assert.Equal(Start, first);
        Assert.Equal(Start + (8 * Page), second);
        Assert.Equal(6 * Page, region.UsedBytes);
        Assert.False(region.TryAllocateContiguous(513 * Page, out _));
        region.Free(first, Page);
        region.Free(second, 5 * Page);
        Assert.True(region.TryAllocateContiguous(1024 * Page, out _));
    }

    [Fact]
    public void Memory_for_the_CPU_comes_from_the_visible_part_only()
    {
        using var region = new BuddyAllocator(Start, 64 * MiB, 3 * MiB, new AllocationGate());
        var blocks = new BlockList();
        Assert.False(region.TryAllocate(4 * MiB, Page, ref blocks, region.VisibleEnd));
        Assert.False(region.TryAllocateContiguous(4 * MiB, out _, region.VisibleEnd));
        Assert.Equal(0UL, region.UsedBytes);
        Assert.True(region.TryAllocate(3 * MiB, Page, ref blocks, region.VisibleEnd));
        Assert.All(blocks.AsSpan().ToArray(), b => Assert.True(b.Address + b.Size <= region.VisibleEnd));
        Assert.Equal(3 * MiB, region.VisibleUsedBytes);
        Assert.False(region.TryAllocate(Page, Page, ref blocks, region.VisibleEnd));
        Assert.True(region.TryAllocate(MiB, Page, ref blocks));
        Assert.Equal(3 * MiB, region.VisibleUsedBytes);
        Assert.Equal(4 * MiB, region.UsedBytes);
    }

    [Fact]
    public void Random_use_never_overlaps_conserves_bytes_and_merges_back_to_the_fresh_state() =>
        Gen.Select(Gen.Int[1, 3000], Gen.Select(Gen.Int[0, 3], Gen.Int[1, 400], Gen.Int[0, 4]).Array[0, 120]).Sample(
            (pages, ops) =>
            {
                using var region = Region(pages);
                long[] fresh = FreeBlocks(region);
                var model = new PageModel(pages);
                foreach (var (kind, amount, shift) in ops)
                {
                    model.Step(region, kind, amount, shift);
                    Assert.Equal((ulong)model.Used * Page, region.UsedBytes);
                    Assert.Equal(region.FreeBytes,
                        FreeBlocks(region).Select((n, order) => (ulong)n * (Page << order)).Aggregate(0UL, (a, b) => a + b));
                }

                model.FreeAll(region);
                Assert.Equal(fresh, FreeBlocks(region));
                Assert.Equal(0UL, region.UsedBytes);
            },
            iter: 400);

    [Fact]
    public void The_state_depends_on_the_free_pages_and_not_on_history()
    {
        using var direct = Region(pages: 512);
        using var detour = Region(pages: 512);
        var single = new BlockList();
        for (int i = 0; i < 512; i++)
            Assert.True(detour.TryAllocate(Page, Page, ref single));
        int[] order = [.. Enumerable.Range(0, 512)];
        new Random(4).Shuffle(order);
        foreach (int page in order.Where(p => p >= 100))
            detour.Free(Start + ((ulong)page * Page), Page);
        var run = new BlockList();
        Assert.True(direct.TryAllocate(100 * Page, Page, ref run));
        Assert.Equal(FreeBlocks(direct), FreeBlocks(detour));
        Assert.True(direct.TryAllocateContiguous(7 * Page, out ulong a));
        Assert.True(detour.TryAllocateContiguous(7 * Page, out ulong b));
        Assert.Equal(a, b);
    }

    [Fact]
    public void Every_refused_block_leaves_the_region_as_it_was()
    {
        var failures = new FailureInjector();
        using var region = new BuddyAllocator(Start, 1000 * Page, 0, new AllocationGate(failures));
        var blocks = new BlockList();
        Assert.True(region.TryAllocate(3 * Page, Page, ref blocks));
        long[] before = FreeBlocks(region);
        int refused = 0;
        for (int n = 0; ; n++)
        {
            failures.Arm(FailurePoint.Allocation, n);
            if (region.TryAllocate(511 * Page, Page, ref blocks))
                break;
            refused++;
            Assert.Equal(2, blocks.Count);
            Assert.Equal(before, FreeBlocks(region));
            Assert.Equal(3 * Page, region.UsedBytes);
        }

        Assert.Equal(9, refused);
        failures.Arm(FailurePoint.Allocation);
        Assert.False(region.TryAllocateContiguous(Page, out _));
        region.Free(ref blocks);
        Assert.Equal(0, blocks.Count);
        Assert.Equal(0UL, region.UsedBytes);
    }

    [Fact]
    public void Memory_cannot_be_given_back_twice_or_outside_the_region()
    {
        using var region = Region(pages: 16);
        Assert.True(region.TryAllocateContiguous(4 * Page, out ulong address));
        region.Free(address, 2 * Page);
        Assert.Throws<InvalidOperationException>(() => region.Free(address + Page, Page));
        Assert.Throws<InvalidOperationException>(() => region.Free(address, Page));
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Free(Start - Page, Page));
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Free(Start + (15 * Page), 2 * Page));
        Assert.Throws<ArgumentException>(() => region.Free(Start + 1, Page));
        Assert.Equal(2 * Page, region.UsedBytes);
    }

    [Fact]
    public void Sizes_that_are_not_whole_blocks_are_refused_as_arguments()
    {
        using var region = Region(pages: 16);
        var blocks = new BlockList();
        Assert.Throws<ArgumentException>(() => region.TryAllocate(Page, 16 * Page, ref blocks));
        Assert.Throws<ArgumentException>(() => region.TryAllocate(Page, 2048, ref blocks));
        Assert.Throws<ArgumentException>(() => region.TryAllocate(3 * Page, 3 * Page, ref blocks));
        Assert.Throws<ArgumentOutOfRangeException>(() => region.TryAllocate(0, Page, ref blocks));
    }

    [Fact]
    public void A_large_region_is_handed_out_whole_and_in_pages()
    {
        using var region = new BuddyAllocator(0, 96 * GiB, 96 * GiB, new AllocationGate());
        var blocks = new BlockList();
        Assert.True(region.TryAllocate(96 * GiB, 64 * 1024, ref blocks));
        Assert.Equal([64 * GiB, 32 * GiB], Sizes(blocks));
        Assert.False(region.TryAllocate(Page, Page, ref blocks));
        region.Free((96 * GiB) - Page, Page);
        Assert.True(region.TryAllocateContiguous(Page, out ulong last));
        Assert.Equal((96 * GiB) - Page, last);
    }

    private static BuddyAllocator Region(int pages) => new(Start, (ulong)pages * Page, 0, new AllocationGate());

    /// <summary>How many blocks of each order are free.</summary>
    private static long[] FreeBlocks(BuddyAllocator region) => [.. FreeBlocksOf(region)];

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_freeBlocks")]
    private static extern ref long[] FreeBlocksOf(BuddyAllocator region);

    private static ulong[] Sizes(BlockList blocks) => [.. blocks.AsSpan().ToArray().Select(b => b.Size)];

    /// <summary>One flag per page: the least clever allocator, as judge.</summary>
    private sealed class PageModel(int pages)
    {
        private readonly bool[] _used = new bool[pages];
        private readonly List<BlockList> _held = [];

        public int Used => _used.Count(u => u);

        public void Step(BuddyAllocator region, int kind, int amount, int shift)
        {
            ulong minBlock = Page << shift;
            ulong size = (ulong)amount * Page;
            var blocks = new BlockList();
            if (kind == 0 && _held.Count > 0)
            {
                blocks = _held[amount % _held.Count];
                _held.RemoveAt(amount % _held.Count);
                Mark(blocks, used: false);
                region.Free(ref blocks);
            }
            else if (kind == 1 && region.TryAllocateContiguous(size, out ulong address))
            {
                blocks.Add(new MemoryBlock(address, size));
                Assert.Equal(0UL, (address - Start) % BitOperations.RoundUpToPowerOf2(size));
                Hold(blocks);
            }
            else if (kind >= 2)
            {
                bool fits = size <= region.FreeBytes;
                size <<= shift;
                bool taken = region.TryAllocate(size, minBlock, ref blocks);
                // Only a larger smallest block can make fragmented memory unusable.
                Assert.True(taken || shift > 0 || !fits);
                CheckShape(blocks, taken ? size : 0, minBlock);
                Hold(blocks);
            }
        }

        public void FreeAll(BuddyAllocator region)
        {
            for (int i = 0; i < _held.Count; i++)
            {
                BlockList blocks = _held[i];
                region.Free(ref blocks);
            }
        }

        private static void CheckShape(BlockList blocks, ulong size, ulong minBlock)
        {
            ulong sum = 0;
            ulong previous = ulong.MaxValue;
            foreach (MemoryBlock block in blocks.AsSpan())
            {
                Assert.True(BitOperations.IsPow2(block.Size) && block.Size >= minBlock && block.Size <= previous);
                Assert.Equal(0UL, (block.Address - Start) % block.Size);
                previous = block.Size;
                sum += block.Size;
            }

            Assert.Equal(size, sum);
        }

        private void Hold(BlockList blocks)
        {
            Mark(blocks, used: true);
            _held.Add(blocks);
        }

        private void Mark(BlockList blocks, bool used)
        {
            foreach (MemoryBlock block in blocks.AsSpan())
            {
                for (ulong page = (block.Address - Start) / Page; page < (block.Address + block.Size - Start) / Page; page++)
                {
                    Assert.NotEqual(used, _used[page]);
                    _used[page] = used;
                }
            }
        }
    }
}
