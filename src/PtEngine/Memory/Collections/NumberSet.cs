using System.Numerics;

namespace XePt.Memory;

/// <summary>A set of small numbers that grows with them; its least member is found in O(log64 n). Like <see cref="BitTree"/>, in managed
/// memory and without a
/// capacity: each bit of a level says whether the word below it is non-zero; the top level is one word.</summary>
internal sealed class NumberSet
{
    private const int WordShift = 6;

    private readonly List<ulong[]> _levels = [new ulong[1]];

    /// <summary>Words looked at so far, for tests of growth.</summary>
    public long Steps { get; private set; }

    /// <summary>The least member, or -1.</summary>
    public int First
    {
        get
        {
            Steps += _levels.Count;
            if (_levels[^1][0] == 0)
                return -1;
            int number = 0;
            for (int level = _levels.Count - 1; level >= 0; level--)
                number = (number << WordShift) | BitOperations.TrailingZeroCount(_levels[level][number]);
            return number;
        }
    }

    public void Add(int number)
    {
        Reserve(number);
        foreach (ulong[] level in _levels)
        {
            Steps++;
            ref ulong word = ref level[number >> WordShift];
            ulong before = word;
            word = before | (1UL << number);
            if (before != 0)
                return;
            number >>= WordShift;
        }
    }

    /// <summary>Takes out a number that may have been in the set.</summary>
    public void Remove(int number)
    {
        foreach (ulong[] level in _levels)
        {
            Steps++;
            if (number >> WordShift >= level.Length)
                return;
            ref ulong word = ref level[number >> WordShift];
            word &= ~(1UL << number);
            if (word != 0)
                return;
            number >>= WordShift;
        }
    }

    /// <summary>Makes room for a number on every level; a level that needs a second word gets one above it.</summary>
    private void Reserve(int number)
    {
        for (int level = 0; ; level++)
        {
            number >>= WordShift;
            ulong[] words = _levels[level];
            if (number >= words.Length)
            {
                Array.Resize(ref words, Math.Max(number + 1, words.Length * 2));
                _levels[level] = words;
            }

            if (level + 1 < _levels.Count)
                continue;
            if (number == 0)
                return;
            _levels.Add([words[0] != 0 ? 1UL : 0]);
        }
    }
}
