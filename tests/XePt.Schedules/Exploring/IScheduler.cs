namespace XePt.Schedules.Exploring;

/// <summary>Decides the order of steps.</summary>
internal interface IScheduler
{
    /// <summary>One of the things that can happen now; null to abandon the run.</summary>
    Choice? Pick(List<Choice> possible);

    /// <summary>What was picked has happened.</summary>
    /// <param name="choice">What was picked.</param>
    /// <param name="access">What it did.</param>
    /// <param name="past">The steps that had to come before it.</param>
    /// <returns>The steps that have to come before whatever its thread does next.</returns>
    StepSet Happened(Choice choice, Access access, StepSet past);
}
