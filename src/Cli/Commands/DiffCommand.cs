using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Diff;
using XePt.Cli.Traces;

namespace XePt.Cli.Commands;

/// <summary><c>xept diff</c>: what two end states do not have in common.</summary>
internal static class DiffCommand
{
    private const int JsonVersion = 1;
    private const int MaxListed = 100;

    private static readonly VerbHelp Help = new(
        "the end states are the same",
        "the end states differ",
        new("diff before.json after.json", "Compare two dumps of xept run --dump."),
        new("diff samples/compute-usm.xetrace before.json", "Compare what a trace leaves with a dump."));

    public static Command Create()
    {
        var first = new Argument<string>("A") { Description = "A trace, or a dump of xept run --dump." };
        var second = new Argument<string>("B") { Description = "Another one." };
        var all = new Option<bool>("--all") { Description = $"List all differences, not just the first {MaxListed}." };
        var json = CommonOptions.Json();
        var command = new Verb("diff", "Compare two end states: VMAs and page-table entries.", Help) { first, second, all, json };
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            IReadOnlyList<StateDifference> differences = StateComparer.Compare(
                StateFile.Load(new ReplayRequest(parse.GetRequiredValue(first)), terminal),
                StateFile.Load(new ReplayRequest(parse.GetRequiredValue(second)), terminal));
            if (parse.GetValue(json))
                terminal.Json("diff", JsonVersion, writer => WriteJson(writer, differences));
            else
                Write(terminal, differences, parse.GetValue(all) ? differences.Count : MaxListed);
            return differences.Count == 0 ? ExitCode.Ok : ExitCode.Difference;
        });
        return command;
    }

    private static void Write(Terminal terminal, IReadOnlyList<StateDifference> differences, int limit)
    {
        foreach (StateDifference difference in differences.Take(limit))
        {
            terminal.Line(difference.Place, hang: 4);
            if (difference.First is not null)
                terminal.Line($"  - {difference.First}", Ink.Bad, hang: 4);
            if (difference.Second is not null)
                terminal.Line($"  + {difference.Second}", Ink.Good, hang: 4);
        }

        if (differences.Count > limit)
            terminal.Line($"... and {differences.Count - limit} more (--all lists them)");
        terminal.Line(differences.Count == 0 ? "the end states are the same" : Count.Of(differences.Count, "difference"));
    }

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<StateDifference> differences)
    {
        json.WriteBoolean("equal", differences.Count == 0);
        json.WriteObjects("differences", differences, difference =>
        {
            json.WriteString("kind", difference.Kind);
            json.WriteString("place", difference.Place);
            json.WriteString("a", difference.First);
            json.WriteString("b", difference.Second);
        });
    }
}
