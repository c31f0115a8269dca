namespace XePt.Cli.Profile;

/// <summary>How long one kind of thing took, all together.</summary>
/// <param name="Name">What has a start and a stop.</param>
/// <param name="Count">How often.</param>
/// <param name="TotalNs">Nanoseconds, what happened inside included.</param>
/// <param name="OwnNs">Nanoseconds, what happened inside and is listed itself not included.</param>
/// <param name="LongestNs">The longest.</param>
internal sealed record StageTime(string Name, long Count, long TotalNs, long OwnNs, long LongestNs);

/// <summary>What a collected stream says: where the time went, and how often the other events were raised.</summary>
/// <param name="Stages">What has a start and a stop, in the order of the table of events; what never happened is left out.</param>
/// <param name="Events">The other events that were raised, with how often.</param>
/// <param name="Lost">Events of which nothing else is known: with any, counts and totals are lower bounds.</param>
internal sealed record StageBreakdown(IReadOnlyList<StageTime> Stages, IReadOnlyList<(string Name, long Count)> Events, long Lost);
