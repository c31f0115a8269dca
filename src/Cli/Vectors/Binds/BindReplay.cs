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

    /// <summary>The state is another one than the recorded, because of a defect.</summary>
    private bool _hasDeparted;

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
        if (_hasDeparted)
            return _deviations!.Compare(step, error, expected.Vmas);
        if (_comparer.CompareResult(step, error) is { } wrong)
            return wrong;

        Difference? report = _comparer.CompareReport(step.Output), state = _comparer.CompareState(index);
        if (state is null)
            _deviations?.Follow(step, expected.Vmas);
        return (report ?? state) is { } difference ? Judge(index, step, error, difference, state) : null;
    }

    /// <summary>A difference is a deviation when it is of the kind that a defect makes: in the report and, if the call succeeds, in the
    /// state.</summary>
    /// <param name="index">Index of the step.</param>
    /// <param name="step">The step.</param>
    /// <param name="error">What the engine returned, which is as recorded.</param>
    /// <param name="difference">The first difference.</param>
    /// <param name="state">The first difference of the state, or null.</param>
    private Difference? Judge(int index, BindStep step, Errno error, Difference difference, Difference? state)
    {
        bool isFaultMode = session.Vm!.Mode == VmMode.Fault;
        if (!sequence.MeetsDefect || QuirkPattern.Mend(step.Output.Actions, isFaultMode) is not { } mended)
            return difference;
        if (_comparer.CompareActions(mended) is { } other)
            return other;

        _deviation ??= difference with { Step = index, Input = step.InputText };
        // A call that failed has changed nothing, here and there.
        if (state is null || error != Errno.Ok)
            return state;
        _hasDeparted = true;
        return _deviations!.Compare(step, error, expected.Vmas);
    }
}
