namespace XePt.Schedules.Exploring;

/// <summary>Unwinds the threads of a run whose continuation is known already.</summary>
internal sealed class AbandonedException : Exception;
