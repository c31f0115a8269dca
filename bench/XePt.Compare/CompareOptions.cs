using System.Globalization;

namespace XePt.Compare;

/// <summary>What to compare, and how.</summary>
/// <param name="Base">The commit to compare with.</param>
/// <param name="Head">The commit that is judged, or "." for the files as they are.</param>
public sealed record CompareOptions(string Base, string Head)
{
    /// <summary>How it is called.</summary>
    public const string Usage =
        """
        compare BASE HEAD [PART-OF-A-NAME...]: builds two commits and measures them by turns. HEAD may be "." for the files as they are.
          --threshold PERCENT   a change below is none (5)
          --chance PERCENT      how likely a false alarm in the whole table may be (5)
          --launches N          processes of each side (8); as many more of the lines that are unclear then
          --most N              processes of each side at most, while a line is unclear (24)
          --rounds N            rounds of about 2 ms that each process measures, after it has warmed up (12)
          --driver FOLDER       the project that does the measured work, in the repository whose commits are compared (bench/XePt.Times)
          --strict              what stays unclear is no success
          --aot                 compile ahead of time, as a C simulator gets the engine
          --markdown FILE       the report for a pull request
          --json FILE           the report for a program
        Exit code: 0 nothing is slower or allocates more, 1 something does, 2 it could not be measured,
        3 with --strict: nothing is known to be, but a line is unclear.
        """;

    /// <summary>Parts of names of the lines to measure; none for all lines.</summary>
    public IReadOnlyList<string> Parts { get; private init; } = [];

    /// <summary>The share of time that counts as a change.</summary>
    public double Threshold { get; private init; } = 0.05;

    /// <summary>How likely a false alarm in the whole table may be.</summary>
    public double Chance { get; private init; } = 0.05;

    /// <summary>Processes of each side.</summary>
    public int Launches { get; private init; } = 8;

    /// <summary>Processes of each side at most, while a line is unclear.</summary>
    public int Most { get; private init; } = 24;

    /// <summary>How often the samples are looked at, at most; each look may find something by chance.</summary>
    public int Looks => Math.Max(1, (Most + Launches - 1) / Launches);

    /// <summary>The folder of the driver's project, or null for the repository's own.</summary>
    public string? Driver { get; private init; }

    /// <summary>Whether what stays unclear is no success.</summary>
    public bool IsStrict { get; private init; }

    /// <summary>Rounds that each process measures.</summary>
    public int Rounds { get; private init; } = 12;

    /// <summary>Whether to compile ahead of time.</summary>
    public bool IsAot { get; private init; }

    /// <summary>Where to write the report for people, if anywhere.</summary>
    public string? MarkdownPath { get; private init; }

    /// <summary>Where to write the report for programs, if anywhere.</summary>
    public string? JsonPath { get; private init; }

    /// <exception cref="CompareException">An argument is missing, unknown or no number in its range.</exception>
    public static CompareOptions Parse(IReadOnlyList<string> args)
    {
        var words = new List<string>();
        var options = new CompareOptions("", "");
        for (int i = 0; i < args.Count; i++)
        {
            string name = args[i];
            if (!name.StartsWith("--", StringComparison.Ordinal))
                words.Add(name);
            else if (name == "--aot")
                options = options with { IsAot = true };
            else if (name == "--strict")
                options = options with { IsStrict = true };
            else if (i + 1 < args.Count)
                options = options.With(name, args[++i]);
            else
                throw new CompareException($"{name} is unknown or has no value");
        }

        if (words.Count < 2)
            throw new CompareException("two commits are needed, BASE and HEAD");
        return options with { Base = words[0], Head = words[1], Parts = words[2..] };
    }

    private CompareOptions With(string name, string value) => name switch
    {
        "--threshold" => this with { Threshold = Number(name, value, 0.1, 100) / 100 },
        "--chance" => this with { Chance = Number(name, value, 0.001, 50) / 100 },
        "--launches" => this with { Launches = (int)Number(name, value, 1, 100) },
        "--most" => this with { Most = (int)Number(name, value, 1, 1000) },
        "--driver" => this with { Driver = value },
        "--rounds" => this with { Rounds = (int)Number(name, value, 1, 10_000) },
        "--markdown" => this with { MarkdownPath = value },
        "--json" => this with { JsonPath = value },
        _ => throw new CompareException($"there is no option {name}"),
    };

    private static double Number(string name, string value, double least, double most) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new CompareException(string.Create(CultureInfo.InvariantCulture, $"{name} {value}: not a number in [{least}, {most}]"));
}
