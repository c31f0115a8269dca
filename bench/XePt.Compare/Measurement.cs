namespace XePt.Compare;

/// <summary>Measures two versions, process after process.</summary>
internal sealed class Measurement(CompareOptions options, Checkout baseline, Checkout head, TextWriter progress)
{
    private const double LowerQuartile = 0.25;

    /// <exception cref="CompareException">No line has such a name, the sides differ in their lines, or launches are too few.</exception>
    public IReadOnlyList<Comparison> Run()
    {
        IReadOnlyList<string> names = [];
        var samples = new List<(Sample[] Base, Sample[] Head)[]>();
        for (int launch = 0; launch < options.Launches; launch++)
        {
            progress.WriteLine($"launch {launch + 1} of {options.Launches}");
            using var one = new DriverProcess(baseline, options.Parts);
            using var other = new DriverProcess(head, options.Parts);
            names = Check(one.Lines, other.Lines);
            var pair = new Launch(one, other);
            pair.WarmUp();
            samples.Add([.. Enumerable.Range(0, names.Count).Select(line => pair.Measure(line, options.Rounds))]);
        }

        double chance = options.Chance / names.Count;
        return [.. names.Select((name, line) => new Comparison(
            name,
            SideOf(samples.Select(all => all[line].Base)),
            SideOf(samples.Select(all => all[line].Head)),
            options.Threshold,
            chance))];
    }

    private static Side SideOf(IEnumerable<Sample[]> launches)
    {
        Sample[][] all = [.. launches];
        double[] times = Array.ConvertAll(all, rounds => Quantiles.Of(Array.ConvertAll(rounds, sample => sample.Time), LowerQuartile));
        return new Side(times, all.Min(rounds => rounds.Min(sample => sample.Bytes)));
    }

    private IReadOnlyList<string> Check(IReadOnlyList<string> lines, IReadOnlyList<string> others)
    {
        if (lines.Count == 0)
            throw new CompareException($"no line's name has {string.Join(" or ", options.Parts.Select(part => $"\"{part}\""))} in it");
        if (!lines.SequenceEqual(others))
            throw new CompareException("the two sides have different lines");
        if (MannWhitney.Smallest(options.Launches) > options.Chance / lines.Count)
        {
            throw new CompareException(
                $"{options.Launches} launches cannot show anything about {lines.Count} lines: more --launches are needed");
        }

        return lines;
    }
}
