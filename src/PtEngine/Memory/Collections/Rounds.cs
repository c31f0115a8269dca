namespace XePt.Memory;

/// <summary>Work that one thread at a time does for all who ask: who asks while another is at it leaves it to that one, which then goes
/// round once more.</summary>
/// <remarks>Concurrency: the count of those who have asked decides. Who raises it from 0 is at work; it reads the count
/// (<see cref="Asked"/>) before each round, works, and leaves by taking that off again, which fails when somebody has asked since. All
/// three are full barriers or acquire, so a round sees what everybody who is in the count did before asking, and the next one to begin sees
/// what the last one left.</remarks>
internal struct Rounds
{
    private int _asked;

    /// <summary>Who has asked so far; to be read before each round.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Asks; true when the caller must work now.</summary>
    public bool TryBegin() => Interlocked.Increment(ref _asked) == 1;

    /// <summary>The worker: ends after a round; false when another round is needed.</summary>
    /// <param name="asked">What <see cref="Asked"/> was before the round.</param>
    public bool TryEnd(int asked) => Interlocked.Add(ref _asked, -asked) == 0;
}
