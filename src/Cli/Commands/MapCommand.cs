using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Drawing;
using XePt.Cli.Reports;
using XePt.Cli.State;
using XePt.Cli.Traces;

namespace XePt.Cli.Commands;

/// <summary><c>xept map</c>: the VMA list that a trace leaves, with the page sizes that are mapped.</summary>
internal static class MapCommand
{
    private const int JsonVersion = 2;

    /// <summary>Bars and lines of trees that are drawn for a tile without <c>--all</c>.</summary>
    private const int MostDrawn = 40;

    private static readonly VerbHelp Help = new(
        "the trace was played",
        null,
        new("map samples/vulkan-sparse.xetrace", "Show the VMAs that are left, with their page sizes."),
        new("map samples/vulkan-sparse.xetrace --merge --stop-at 6", "Show the state after line 6, neighbours that are alike as one."))
    {
        Colours = [.. InkLegend.Verdicts, .. InkLegend.Kinds, .. Glyph.Help],
    };

    public static Command Create()
    {
        var replays = new ReplayOptions(" Or a dump of xept run --dump.");
        var merge = new Option<bool>("--merge") { Description = "Show neighbours that differ in nothing but their place as one." };
        var vmId = CommonOptions.Count("--vm", "ID", "Only VMs with this id.", min: 1);
        var client = CommonOptions.Client("Only VMs of this client, as the trace names it.");
        var all = new Option<bool>("--all") { Description = "Draw every VMA and table, however many there are." };
        var json = CommonOptions.Json();
        var command = new Verb(
            "map", "Draw the address space and the page tables that a trace leaves, and list the VMAs with the pages mapped in them.", Help)
        {
            merge, all, vmId, client, json,
        };
        replays.AddTo(command);
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            EndState state = replays.Load(parse, terminal);
            MappedVm[] vms = [.. state.VmsOf(replays.NameOf(parse), parse.GetValue(client), (uint?)parse.GetValue(vmId))
                .Select(vm => MappedVm.Of(vm, vm.Platform ?? state.Platform, parse.GetValue(merge)))];
            if (parse.GetValue(json))
                terminal.Json("map", JsonVersion, writer => WriteJson(writer, replays.NameOf(parse), vms));
            else
                Write(terminal, vms, parse.GetValue(all) ? int.MaxValue : MostDrawn);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, MappedVm[] vms, int mostDrawn)
    {
        if (vms.Length == 0)
            terminal.Line(VmReport.NoneLeft);
        foreach (MappedVm vm in vms)
        {
            if (vm != vms[0])
                terminal.Line();
            terminal.Line($"vm {vm.State.Name}: {Count.Of(vm.Vmas.Count, "VMA")}", Ink.Heading);
            VmReport.WriteDrawings(terminal, vm, mostDrawn);
            terminal.Line();
            VmaReport.Write(terminal, vm.Vmas);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, string trace, MappedVm[] vms)
    {
        json.WriteString("trace", trace);
        json.WriteObjects("vms", vms, vm =>
        {
            json.WriteNumber("vm_id", vm.State.Id);
            StateJson.WriteParties(json, vm.State);
            StateJson.WriteVmas(json, vm.Vmas);
        });
    }
}
