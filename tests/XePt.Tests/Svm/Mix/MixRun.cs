namespace XePt.Tests.Svm.Mix;

/// <summary>How a sequence of steps failed.</summary>
/// <param name="Index">The step; the number of steps when the end failed.</param>
/// <param name="What">What was wrong.</param>
internal sealed record MixFailure(int Index, Exception What)
{
    /// <summary>What was wrong without the numbers in it: shorter sequences shall fail in the same way.</summary>
    public string Kind { get; } = string.Concat(What.Message.Where(c => !char.IsAsciiHexDigit(c)).Take(40));
}

/// <summary>Runs sequences of steps, and makes those that fail shorter.</summary>
internal static class MixRun
{
    /// <summary>Runs steps from a new world to its end.</summary>
    /// <param name="setting">What they run on.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="successes">Receives how many of each kind did what they were to do.</param>
    /// <param name="look">Looks at the world before it ends.</param>
    /// <returns>Null when everything was right.</returns>
    public static MixFailure? Run(MixSetting setting, ReadOnlySpan<MixStep> steps, int[]? successes = null, Action<MixWorld>? look = null)
    {
        int at = 0;
        MixWorld? world = null;
        try
        {
            world = new MixWorld(setting);
            for (; at < steps.Length; at++)
                world.Run(steps[at]);
            look?.Invoke(world);
            world.Finish();
            for (int kind = 0; kind < successes?.Length; kind++)
                successes[kind] += world.Successes[kind];
            world.Dispose();
            return null;
        }
        catch (Exception wrong)
        {
            // It is not taken apart: nobody knows what state it is in.
            return new MixFailure(at, wrong);
        }
    }

    /// <summary>Leaves out what is not needed to fail, in any way: halves first, single steps last.</summary>
    /// <param name="steps">Steps that fail.</param>
    /// <param name="fails">Tells whether steps fail.</param>
    /// <param name="budget">Steps to run at most.</param>
    public static MixStep[] Shrink(MixStep[] steps, Func<MixStep[], bool> fails, long budget)
    {
        for (int chunk = steps.Length / 2; chunk > 0; chunk /= 2)
        {
            for (int start = steps.Length - chunk; start >= 0 && budget > 0; start -= chunk)
            {
                MixStep[] rest = [.. steps[..start], .. steps[Math.Min(start + chunk, steps.Length)..]];
                budget -= rest.Length + 1;
                if (fails(rest))
                    steps = rest;
            }
        }

        return steps;
    }
}
