using XePt.Cli.Input;

namespace XePt.Cli.Vectors;

/// <summary>A case that failed, and the line it is on.</summary>
internal sealed record FailedCase(int Line, CaseResult Result);

/// <summary>Counts how the cases of one file end. Cases may report from any thread, in any order; the outcome does not depend on
/// it.</summary>
internal sealed class FileTally(string path)
{
    private readonly Lock _lock = new();
    private readonly int[] _counts = new int[Enum.GetValues<CaseOutcome>().Length];

    /// <summary>The file, as it was found.</summary>
    public string Path { get; } = path;

    /// <summary>The file's name without folders.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    public int Passed => _counts[(int)CaseOutcome.Passed];

    public int Failed => _counts[(int)CaseOutcome.Failed];

    public int Deviating => _counts[(int)CaseOutcome.Deviating];

    public int Cases => Passed + Failed + Deviating;

    /// <summary>The first case that failed.</summary>
    public FailedCase? FirstFailure { get; private set; }

    /// <summary>The first line that could not be understood.</summary>
    public InputException? FirstMalformed { get; private set; }

    public void Add(int line, CaseResult result)
    {
        lock (_lock)
        {
            _counts[(int)result.Outcome]++;
            if (result.Outcome == CaseOutcome.Failed && (FirstFailure is null || line < FirstFailure.Line))
                FirstFailure = new FailedCase(line, result);
        }
    }

    public void Add(InputException malformed)
    {
        lock (_lock)
        {
            if (FirstMalformed is null || malformed.Line < FirstMalformed.Line)
                FirstMalformed = malformed;
        }
    }
}
