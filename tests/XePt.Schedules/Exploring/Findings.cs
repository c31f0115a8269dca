namespace XePt.Schedules.Exploring;

/// <summary>What an exploration has found.</summary>
/// <param name="Schedules">Schedules run to their end; each stands for all that differ from it only in the order of independent
/// steps.</param>
/// <param name="Abandoned">Runs that turned out to repeat one of these.</param>
/// <param name="Longest">Steps of the longest schedule, arrivals of buffered stores included, private steps not.</param>
/// <param name="IsCutOff">A run was stopped at the depth limit. False means that every schedule was followed to its end.</param>
/// <param name="BadSchedule">The first bad schedule, or null.</param>
internal sealed record Findings(int Schedules, int Abandoned, int Longest, bool IsCutOff, BadSchedule? BadSchedule)
{
    public override string ToString() => $"{Schedules} schedules of at most {Longest} steps, {Abandoned} runs abandoned"
        + (IsCutOff ? ", cut off" : "") + (BadSchedule is null ? "" : $"\nbad schedule: {BadSchedule}");
}

/// <summary>A schedule that breaks a rule, and can be run again.</summary>
/// <param name="Fault">The rule, or the exception.</param>
/// <param name="Steps">Each step: thread, source line, what it did, values.</param>
internal sealed record BadSchedule(string Fault, IReadOnlyList<string> Steps)
{
    public override string ToString() => Fault + "\n  " + string.Join("\n  ", Steps);
}
