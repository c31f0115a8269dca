using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Reports;
using XePt.Cli.State;
using XePt.Cli.Traces;

namespace XePt.Cli.Commands;

/// <summary><c>xept map</c>: the VMA list that a trace leaves, with the page sizes that are mapped.</summary>
internal static class MapCommand
{
    private const int JsonVersion = 1;

    private static readonly VerbHelp Help = new(
        "the trace was played",
        null,
        new("map samples/vulkan-sparse.xetrace", "Show the VMAs that are left, with their page sizes."),
        new("map samples/vulkan-sparse.xetrace --merge --stop-at 6", "Show the state after line 6, neighbours that are alike as one."));

    public static Command Create()
    {
        var replays = new ReplayOptions();
        var merge = new Option<bool>("--merge") { Description = "Show neighbours that differ in nothing but their place as one." };
        var json = CommonOptions.Json();
        var command = new Verb("map", "Show the VMAs that a trace leaves, with the page sizes they are mapped in.", Help) { merge, json };
        replays.AddTo(command);
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            using Replay replay = replays.Replay(parse, terminal);
            MappedVm[] vms = [.. replay.Player.File.Vms.Select(vm => MappedVm.Of(vm, replay.Player, parse.GetValue(merge)))];
            if (parse.GetValue(json))
                terminal.Json("map", JsonVersion, writer => WriteJson(writer, replay.Name, vms));
            else
                Write(terminal, vms);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, MappedVm[] vms)
    {
        foreach (MappedVm vm in vms)
        {
            terminal.Line($"vm {vm.Id}: {Count.Of(vm.Vmas.Count, "VMA")}");
            VmaReport.Write(terminal, [.. vm.Vmas.Select(vma => vma.Vma)], [.. vm.Vmas.Select(vma => vma.PagesText)]);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, string trace, MappedVm[] vms)
    {
        json.WriteString("trace", trace);
        json.WriteObjects("vms", vms, vm =>
        {
            json.WriteNumber("vm_id", vm.Id);
            json.WriteObjects("vmas", vm.Vmas, vma =>
            {
                StateJson.WriteFields(json, vma.Vma);
                StateJson.WritePages(json, "mapped", vma.Pages);
            });
        });
    }
}
