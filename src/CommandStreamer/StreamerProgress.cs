namespace XePt;

/// <summary>What a call of <see cref="CommandStreamer.Run"/> has done.</summary>
/// <param name="Instructions">Instructions that were executed or tried.</param>
/// <param name="HasProgressed">Something was done that was not only waiting: call again. Else all jobs wait for others to write, for
/// page faults, or spin.</param>
/// <param name="Jobs">Jobs that are not over.</param>
public readonly record struct StreamerProgress(long Instructions, bool HasProgressed, int Jobs)
{
    /// <summary>For example <c>120 instructions, 2 jobs left</c>.</summary>
    public override string ToString() =>
        $"{Instructions} instructions, {Jobs} job{(Jobs == 1 ? "" : "s")} left{(HasProgressed || Jobs == 0 ? "" : ", all waiting")}";
}
