using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using XePt.Cli.Console;
using XePt.Cli.Diff;

namespace XePt.Cli.Commands;

/// <summary><c>xept diff</c>: what two end states do not have in common.</summary>
internal static class DiffCommand
{
    private const int JsonVersion = 1;
    private const int MaxListed = 100;

    private static readonly Style Removed = new(Color.Red);
    private static readonly Style Added = new(Color.Green);

    public static Command Create()
    {
        var first = new Argument<string>("A") { Description = "A trace, or a dump of xept run --dump." };
        var second = new Argument<string>("B") { Description = "Another one." };
        var all = new Option<bool>("--all") { Description = $"List all differences, not just the first {MaxListed}." };
        var json = CommonOptions.Json();
        var command = new Command("diff", "Compare two end states: VMAs and page-table entries.") { first, second, all, json };
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            IReadOnlyList<StateDifference> differences = StateComparer.Compare(
                StateFile.Load(parse.GetRequiredValue(first), terminal), StateFile.Load(parse.GetRequiredValue(second), terminal));
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
            terminal.Line(difference.Place);
            if (difference.First is not null)
                terminal.Line($"  - {difference.First}", Removed);
            if (difference.Second is not null)
                terminal.Line($"  + {difference.Second}", Added);
        }

        if (differences.Count > limit)
            terminal.Line($"... and {differences.Count - limit} more (--all lists them)");
        terminal.Line(differences.Count == 0 ? "the end states are the same" : $"{differences.Count} differences");
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
