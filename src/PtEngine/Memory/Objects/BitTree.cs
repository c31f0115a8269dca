using System.Diagnostics;
using System.Numerics;

namespace XePt.Memory;

/// <summary>A set of small numbers whose least member is found in O(log64 n): a bitmap with summaries above it.</summary>
/// <remarks>
/// Each bit of a level says whether the word below it is non-zero; the top level is one word. The memory comes zeroed from the
/// system, so parts of a large set that are never touched cost no physical memory.
/// </remarks>
// SAFETY: indices are below the capacity, checked in debug builds, so every word touched is inside its level.
internal unsafe struct BitTree : IDisposable
{
    private const int MaxLevels = 7;
    private const int WordShift = 6;

    private ulong* _words;
    private int _top;
    private long _capacity;
    private fixed long _levelStart[MaxLevels];

    /// <summary>An empty set of numbers in <c>[0, capacity)</c>, <paramref name="capacity"/> from 1 to 2^42.</summary>
    /// <exception cref="InsufficientMemoryException">The system has no memory.</exception>
    public BitTree(long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1L << (MaxLevels * WordShift));
        _capacity = capacity;
        long words = WordsFor(capacity);
        long total = words;
        while (words > 1)
        {
            _levelStart[++_top] = total;
            words = WordsFor(words);
            total += words;
        }

        _words = (ulong*)NativeBlocks.Require(NativeBlocks.TryTakeZeroed((nuint)total * sizeof(ulong)));
    }

    /// <summary>Whether <paramref name="index"/> is in the set.</summary>
    public readonly bool Contains(long index)
    {
        AssertInRange(index);
        return ((_words[index >> WordShift] >> (int)index) & 1) != 0;
    }

    /// <summary>Puts <paramref name="index"/> into the set.</summary>
    public readonly void Add(long index)
    {
        AssertInRange(index);
        for (int level = 0; level <= _top; level++, index >>= WordShift)
        {
            ref ulong word = ref Word(level, index >> WordShift);
            ulong before = word;
            word = before | (1UL << (int)index);
            if (before != 0)
                return;
        }
    }

    /// <summary>Takes <paramref name="index"/> out of the set.</summary>
    public readonly void Remove(long index)
    {
        AssertInRange(index);
        for (int level = 0; level <= _top; level++, index >>= WordShift)
        {
            ref ulong word = ref Word(level, index >> WordShift);
            word &= ~(1UL << (int)index);
            if (word != 0)
                return;
        }
    }

    /// <summary>The least member, or -1.</summary>
    public readonly long First()
    {
        if (Word(_top, 0) == 0)
            return -1;
        long index = 0;
        for (int level = _top; level >= 0; level--)
            index = (index << WordShift) | (long)BitOperations.TrailingZeroCount(Word(level, index));
        return index;
    }

    /// <summary>Gives the memory back; the set is not used afterwards.</summary>
    public void Dispose()
    {
        NativeBlocks.Return(_words);
        _words = null;
    }

    private readonly ref ulong Word(int level, long index) => ref _words[_levelStart[level] + index];

    private static long WordsFor(long bits) => (bits + 63) >> WordShift;

    [Conditional("DEBUG")]
    private readonly void AssertInRange(long index) => Debug.Assert((ulong)index < (ulong)_capacity, "Index outside the set.");
}
