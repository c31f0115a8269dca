namespace XePt.Cli.Diff;

/// <summary>One thing that two end states do not have in common.</summary>
/// <param name="Kind"><c>device</c>, <c>vm</c>, <c>vma</c>, <c>range</c>, <c>notifier</c>, <c>table</c> or <c>entry</c>.</param>
/// <param name="Place">Where: the VM, and what in it.</param>
/// <param name="First">What the first state has there, or null.</param>
/// <param name="Second">What the second state has there, or null.</param>
internal sealed record StateDifference(string Kind, string Place, string? First, string? Second);
