using System.Runtime.CompilerServices;

namespace XePt.Schedules.Exploring;

/// <summary>A set of steps of one schedule, by their numbers.</summary>
internal struct StepSet
{
    /// <summary>Steps that a schedule can have.</summary>
    public const int Capacity = 64 * Words;

    private const int Words = 4;

    [InlineArray(Words)]
    private struct Bits
    {
        private ulong _first;
    }

    private Bits _bits;

    public readonly bool Contains(int step) => (_bits[step >> 6] >> (step & 63) & 1) != 0;

    public void Add(int step) => _bits[step >> 6] |= 1UL << (step & 63);

    public void Add(in StepSet others)
    {
        for (int i = 0; i < Words; i++)
            _bits[i] |= others._bits[i];
    }

    public readonly bool Overlaps(in StepSet others)
    {
        for (int i = 0; i < Words; i++)
        {
            if ((_bits[i] & others._bits[i]) != 0)
                return true;
        }

        return false;
    }
}
