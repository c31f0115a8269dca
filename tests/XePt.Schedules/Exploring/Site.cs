namespace XePt.Schedules.Exploring;

/// <summary>A place in the source that touches shared memory.</summary>
/// <param name="Expression">The location as the source writes it.</param>
/// <param name="Member">The method.</param>
/// <param name="File">The file.</param>
/// <param name="Line">The line.</param>
public readonly record struct Site(string Expression, string Member, string File, int Line)
{
    /// <summary>A word of unmanaged memory, by the way the source writes it: something behind a pointer, an entry of a table, or what a
    /// process holds of device memory. Its stores may wait in a buffer.</summary>
    public bool IsRaw => Expression.StartsWith('*') || Expression.StartsWith("table", StringComparison.Ordinal)
        || Expression.Contains("Held[", StringComparison.Ordinal);

    /// <summary>A counter that nobody decides by: the order in which it is counted is no part of the schedule. Numbers of threads are such:
    /// they are only compared with themselves, and which thread has which makes no difference. Asked before each step, so it makes no
    /// strings.</summary>
    public bool IsStatistics => Expression is "s_threads" or "_made" or "_inside" or "_ends"
        || File.EndsWith("TlbTally.cs", StringComparison.Ordinal) || File.EndsWith("TlbCount.cs", StringComparison.Ordinal);

    /// <summary>A loop that stores in each of its rounds: it leaves a VM and enters it again. So it waits not for what it has read since
    /// its own last store, but for what it <see cref="DecidesRounds"/> by.</summary>
    public bool StoresInBetween => File.EndsWith("ChangeRounds.cs", StringComparison.Ordinal);

    /// <summary>The look that finds a change of a process in its middle.</summary>
    public bool DecidesRounds => Member == "TryReadBegin";

    public override string ToString() => $"{Path.GetFileName(File)}:{Line} {Member}";
}
