using System.CommandLine;

namespace XePt.Cli.Console;

/// <summary>A verb with what its help says beside its arguments and options.</summary>
internal sealed class Verb(string name, string description, VerbHelp help) : Command(name, description)
{
    /// <summary>Examples and exit codes.</summary>
    public VerbHelp Help { get; } = help;
}

/// <summary>Examples and exit codes of a verb.</summary>
/// <param name="Success">What <see cref="ExitCode.Ok"/> means.</param>
/// <param name="Difference">What <see cref="ExitCode.Difference"/> means, or null when the verb never returns that.</param>
/// <param name="Examples">Command lines to start from; the first is also an example of the tool's.</param>
internal sealed record VerbHelp(string Success, string? Difference, params IReadOnlyList<Example> Examples)
{
    /// <summary>The ways to use it, where they do not follow from its arguments and options.</summary>
    public IReadOnlyList<string> Usages { get; init; } = [];

    /// <summary>What its colours mean.</summary>
    public IReadOnlyList<InkMeaning> Colours { get; init; } = InkLegend.Verdicts;
}

/// <summary>A command line to start from, without the tool, and what it does.</summary>
internal readonly record struct Example(string CommandLine, string What);
