namespace XePt.Schedules.Exploring;

/// <summary>What happens next.</summary>
/// <param name="Thread">Whose step or store it is.</param>
/// <param name="Store">Number of the buffered store that arrives, or -1 when the thread makes its step.</param>
/// <param name="Outcome">Outcome of a <see cref="StepKind.Choose"/>.</param>
internal readonly record struct Choice(int Thread, int Store, int Outcome)
{
    public static Choice Step(int thread) => new(thread, -1, 0);
}
