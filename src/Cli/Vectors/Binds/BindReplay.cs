using XePt.Cli.Vectors.Quirks;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Replays a bind sequence and compares after every step.</summary>
internal sealed class BindReplay(BindCase sequence, BindSession session, ExpectedState expected)
{
    private readonly StepComparer _comparer = new(session, sequence.Config, expected);
    private readonly DeviationCheck? _deviations = sequence.MeetsDefect ? new(sequence, session) : null;

    /// <summary>The first difference where the reference ran into a defect and XePt did not.</summary>
    private Difference? _deviation;

    public static CaseResult Run(BindCase sequence)
    {
        using var session = new BindSession(sequence);
        Difference? start = StepComparer.CompareStart(sequence.Vm, session);
        if (start is not null || session.Vm is not { } vm)
            return CaseResult.Of(sequence.Id, start);

        var expected = new ExpectedState([.. Enumerable.Range(0, sequence.Vm.Levels).Select(level => vm.EmptyEntry(level))]);
        return new BindReplay(sequence, session, expected).Run();
    }

    private CaseResult Run()
    {
        for (int i = 0; i < sequence.Steps.Length; i++)
        {
            BindStep step = sequence.Steps[i];
            expected.Apply(step.Output);
            Errno error = session.Run(step.Input);
            if (Compare(i, step, error) is { } difference)
                return CaseResult.Of(sequence.Id, difference with { Step = i, Input = step.InputText });
        }

        return _deviation is null
            ? CaseResult.Of(sequence.Id, difference: null)
            : new CaseResult(sequence.Id, CaseOutcome.Deviating, _deviation);
    }

    private Difference? Compare(int index, BindStep step, Errno error)
    {
        if (_deviation is not null)
            return _deviations!.Compare(step, error, expected.Vmas);

        Difference? difference = _comparer.Compare(index, step, error);
        if (difference is null)
            _deviations?.Follow(step, expected.Vmas);
        if (difference is null || !sequence.MeetsDefect || !QuirkPattern.Occurs(step.Output.Actions))
            return difference;

        _deviation = difference with { Step = index, Input = step.InputText };
        return _deviations!.Compare(step, error, expected.Vmas);
    }
}
