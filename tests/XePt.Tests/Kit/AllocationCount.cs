using XePt.Diagnostics;

namespace XePt.Tests.Kit;

/// <summary>Counts how often memory is asked for at the gates of an injector, while it is there.</summary>
internal sealed class AllocationCount : IDisposable
{
    private readonly FailureInjector _failures;
    private long _count;

    public AllocationCount(FailureInjector failures)
    {
        _failures = failures;
        failures.Passing = point => Interlocked.Add(ref _count, point == FailurePoint.Allocation ? 1 : 0);
    }

    /// <summary>So often, refusals included.</summary>
    public int Value => (int)Interlocked.Read(ref _count);

    public void Dispose() => _failures.Passing = null;
}
