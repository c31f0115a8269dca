namespace XePt.Tests.Syncs;

/// <summary>Test classes that nothing else may run beside.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
