using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Drawing;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces;
using XePt.Devices;

namespace XePt.Cli.Commands;

/// <summary><c>xept svm</c>: the ranges of CPU address mirrors and where their pages live, over the time of a trace.</summary>
internal sealed class SvmCommand
{
    private const int JsonVersion = 1;

    /// <summary>Rows that are drawn without <c>--all</c>.</summary>
    private const int MostRows = 40;

    private static readonly VerbHelp Help = new(
        "the trace was played, whether there are ranges in it or not",
        null,
        new("svm samples/shared-usm-bmg.xetrace", "Draw which memory the pages of each range are in, record by record."),
        new("svm samples/shared-usm-lnl.xetrace --notifiers", "The same for the stretches of addresses that the driver watches."),
        new("svm samples/mirror-round.xetrace --json", "The same for programs."))
    {
        Colours = SvmGlyph.Help,
    };

    private readonly ReplayOptions _replays = new();
    private readonly Option<int?> _vm = CommonOptions.Count("--vm", "ID", "Only VMs with this id.", min: 1);
    private readonly Option<string?> _client = CommonOptions.Client("Only VMs of this client, as the trace names it.");
    private readonly Option<bool> _notifiers = new("--notifiers") { Description = "A row for each notifier instead of each range." };
    private readonly Option<bool> _all = new("--all") { Description = "Draw every range, however many there are." };
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Create()
    {
        var svm = new SvmCommand();
        var verb = new Verb("svm", "Draw where the pages of CPU address mirrors live, over the time of a trace.", Help)
        {
            svm._vm, svm._client, svm._notifiers, svm._all, svm._json,
        };
        svm._replays.AddTo(verb);
        verb.SetAction(svm.Run);
        return verb;
    }

    private int Run(ParseResult parse)
    {
        Terminal terminal = Terminal.Of(parse);
        var history = new SvmHistory();
        using Replay replay = _replays.Replay(parse, terminal, history.Note);
        VmHistory[] vms = Choose(parse, history, replay.Name);
        int most = parse.GetValue(_all) || parse.GetValue(_json) ? int.MaxValue : MostRows;
        SvmChart[] charts = [.. vms.Select(vm => ChartOf(vm, parse.GetValue(_notifiers), most, replay.Name))];
        if (parse.GetValue(_json))
            WriteJson(terminal, replay, charts);
        else
            Write(terminal, charts);
        return ExitCode.Ok;
    }

    private VmHistory[] Choose(ParseResult parse, SvmHistory history, string trace)
    {
        int? id = parse.GetValue(_vm);
        string? client = parse.GetValue(_client);
        VmHistory[] vms = [.. history.Vms.Where(vm => (id is null || vm.VmId == id) && (client is null || vm.Client == client))];
        if (vms.Length == 0 && (id is not null || client is not null))
        {
            string of = client is null ? "" : $" of client \"{client}\"";
            throw new InputException(trace, 0, id is null ? $"there never is a VM{of}" : $"there never is a VM {id}{of}");
        }

        return vms;
    }

    private static SvmChart ChartOf(VmHistory vm, bool ofNotifiers, int most, string trace)
    {
        try
        {
            return SvmChart.Of(vm, ofNotifiers, most);
        }
        catch (MalformedRecordException e)
        {
            throw new InputException(trace, 0, e.Message);
        }
    }

    private static void Write(Terminal terminal, SvmChart[] charts)
    {
        SvmChart[] drawn = [.. charts.Where(chart => chart.Rows.Count > 0)];
        if (drawn.Length == 0)
            terminal.Line("there never is a range: no GPU has touched a mirror");
        foreach (SvmChart chart in drawn)
        {
            if (chart != drawn[0])
                terminal.Line();
            terminal.Line(
                $"vm {chart.Vm.Name} on {chart.Vm.Platform.Name}: where pages live, after each line that changed it",
                Ink.Heading);
            SvmDrawing.Write(terminal, chart);
            terminal.Line();
            foreach (SvmMoment moment in chart.Moments)
                terminal.Line(new InkText().Add($"{moment.Line,6}  ", Ink.Faint).Add($"{moment.Title} {moment.Text}"), hang: 8);
        }
    }

    private static void WriteJson(Terminal terminal, Replay replay, SvmChart[] charts)
    {
        terminal.Json("svm", JsonVersion, json =>
        {
            json.WriteString("trace", replay.Name);
            json.WriteString("platform", replay.Player.Parties.Devices[0].Device.Platform.Name);
            json.WriteObjects("vms", charts, chart => WriteVm(json, chart, replay.Player.Parties.Devices[0].Device.Platform));
        });
    }

    private static void WriteVm(Utf8JsonWriter json, SvmChart chart, PlatformInfo usual)
    {
        json.WriteNumber("vm_id", chart.Vm.VmId);
        if (chart.Vm.Client is { } client)
            json.WriteString("client", client);
        if (chart.Vm.Platform != usual)
            json.WriteString("platform", chart.Vm.Platform.Name);
        json.WriteObjects("moments", chart.Moments, moment =>
        {
            json.WriteNumber("line", moment.Line);
            json.WriteString("name", moment.Name);
            json.WriteString("text", moment.Text);
        });
        json.WriteObjects("rows", chart.Rows, row =>
        {
            json.WriteHex("start", row.Start);
            json.WriteHex("end", row.End);
            json.WriteObjects("states", row.Cells.Zip(chart.Moments), state =>
            {
                json.WriteNumber("line", state.Second.Line);
                json.WriteBoolean("exists", state.First.Exists);
                json.WriteNumber("bound", state.First.Bound);
                MirrorJson.WriteShares(json, state.First.Memory);
            });
        });
    }
}
