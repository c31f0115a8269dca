namespace XePt.Compare;

/// <summary>One process of each side, which are measured by turns.</summary>
internal interface ILaunch : IDisposable
{
    /// <summary>Names of the lines of each side.</summary>
    (IReadOnlyList<string> One, IReadOnlyList<string> Other) Lines { get; }

    /// <summary>Rounds until nothing becomes faster.</summary>
    void WarmUp();

    /// <summary>Rounds of a line, one of each side in turn.</summary>
    (Sample[] One, Sample[] Other) Measure(int line, int rounds);
}
