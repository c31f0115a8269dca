namespace XePt.Compare;

/// <summary>Measures two versions, process after process: all lines, and then those that are unclear, until none is or there were
/// enough.</summary>
/// <remarks>Whoever looks again and again finds something by chance in the end, so each look has its share of the chance only.</remarks>
/// <param name="options">How.</param>
/// <param name="start">Starts a process of each side, with the lines that have parts of names in theirs.</param>
/// <param name="progress">Where it says how far it is.</param>
internal sealed class Measurement(CompareOptions options, Func<IReadOnlyList<string>, ILaunch> start, TextWriter progress)
{
    private const double LowerQuartile = 0.25;

    private readonly Dictionary<string, List<(Sample[] Base, Sample[] Head)>> _samples = new(StringComparer.Ordinal);
    private List<string> _names = [];

    /// <exception cref="CompareException">No line has such a name, the sides differ in their lines, or launches are too few.</exception>
    public IReadOnlyList<Comparison> Run()
    {
        IReadOnlyList<string> wanted = options.Parts;
        for (int look = 1, launched = 0; ; look++)
        {
            int until = look == 1 ? options.Launches : Math.Min(options.Launches * look, options.Most);
            for (; launched < until; launched++)
                Launch(wanted, launched + 1, until);
            IReadOnlyList<Comparison> lines = [.. _names.Select(ComparisonOf)];
            wanted = [.. lines.Where(line => line.Verdict == Verdict.Unclear).Select(line => line.Name)];
            if (wanted.Count == 0 || until >= options.Most)
                return lines;
            progress.WriteLine($"{wanted.Count} of {lines.Count} lines are unclear");
        }
    }

    private void Launch(IReadOnlyList<string> wanted, int launch, int of)
    {
        progress.WriteLine($"launch {launch} of {of}");
        using ILaunch pair = start(wanted);
        IReadOnlyList<string> names = Check(pair.Lines.One, pair.Lines.Other);
        if (_names.Count == 0)
            _names = [.. names];
        pair.WarmUp();
        for (int line = 0; line < names.Count; line++)
        {
            if (!_samples.TryGetValue(names[line], out List<(Sample[] Base, Sample[] Head)>? samples))
                _samples[names[line]] = samples = [];
            samples.Add(pair.Measure(line, options.Rounds));
        }
    }

    private Comparison ComparisonOf(string name) => new(
        name,
        SideOf(_samples[name].Select(both => both.Base)),
        SideOf(_samples[name].Select(both => both.Head)),
        options.Threshold,
        Chance);

    private double Chance => options.Chance / _names.Count / options.Looks;

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
        if (_names.Count == 0
            && MannWhitney.Smallest(Math.Max(options.Launches, options.Most)) > options.Chance / lines.Count / options.Looks)
        {
            throw new CompareException(
                $"{Math.Max(options.Launches, options.Most)} launches cannot show anything about {lines.Count} lines: more are needed");
        }

        return lines;
    }
}
