using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Replays a bind sequence and compares after every step.</summary>
internal static class BindReplay
{
    public static CaseResult Run(BindCase sequence)
    {
        using var session = new BindSession(sequence);
        Difference? start = StepComparer.CompareStart(sequence.Vm, session);
        if (start is not null || session.Vm is not { } vm)
            return CaseResult.Of(sequence.Id, start);

        var expected = new ExpectedState([.. Enumerable.Range(0, sequence.Vm.Levels).Select(level => vm.EmptyEntry(level))]);
        var comparer = new StepComparer(session, sequence.Config, expected);
        for (int i = 0; i < sequence.Steps.Length; i++)
        {
            BindStep step = sequence.Steps[i];
            expected.Apply(step.Output);
            Errno error = session.Run(step.Input);
            if (comparer.Compare(i, step, error) is { } difference)
                return CaseResult.Of(sequence.Id, difference with { Step = i, Input = step.InputText });
        }

        return CaseResult.Of(sequence.Id, difference: null);
    }
}
