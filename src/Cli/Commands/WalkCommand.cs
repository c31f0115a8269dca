using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Cli.State;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Commands;

/// <summary><c>xept walk</c>: how one address is translated after a trace, entry by entry.</summary>
internal static class WalkCommand
{
    private const int JsonVersion = 2;

    private static readonly VerbHelp Help = new(
        "the address was walked, whether something is mapped there or not",
        null,
        new("walk samples/mirror-lifecycle.xetrace 0x7f2000001234", "Show each entry on the way to a leaf, decoded, and the VMA there."),
        new("walk samples/mistakes.xetrace 0x100000000 --vm 2", "Choose one of several VMs; one of a named client with --client."))
    {
        Colours = [.. InkLegend.Verdicts, .. InkLegend.Kinds],
    };

    public static Command Create()
    {
        var replays = new ReplayOptions();
        var address = CommonOptions.Hex("VA", "The GPU address to translate, hexadecimal with or without 0x.");
        var vmId = CommonOptions.Count("--vm", "ID", "Id of the VM, when the trace leaves more than one.", min: 1);
        var client = CommonOptions.Client("Client that the VM is of, as the trace names it.");
        var tile = CommonOptions.Count("--tile", "T", "Tile whose tables are walked; 0 without it.", min: 0);
        var json = CommonOptions.Json();
        var command = new Verb(
            "walk", "Translate one address after a trace: each level with its raw and decoded entry, then the VMA.", Help)
        {
            address, vmId, client, tile, json,
        };
        replays.AddTo(command);
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            using Replay replay = replays.Replay(parse, terminal);
            AddressWalk walk = AddressWalk.Of(
                replay, replay.ChooseVm(parse.GetValue(client), (uint?)parse.GetValue(vmId)), parse.GetValue(address),
                parse.GetValue(tile) ?? 0);
            if (parse.GetValue(json))
                terminal.Json("walk", JsonVersion, writer => WriteJson(writer, walk));
            else
                Write(terminal, walk);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, AddressWalk walk)
    {
        terminal.Line(
            $"0x{walk.Va:x} in vm {walk.Name}, tile {walk.Tile}: root descriptor 0x{walk.Vm.RootDescriptor(walk.Tile):x}", hang: 4);
        foreach (WalkedEntry step in walk.Steps)
        {
            terminal.Line();
            terminal.Line(new InkText()
                .Add($"level {step.Level}", Ink.Heading)
                .Add($": entry {step.Index} of the table at 0x{step.TableAddress:x}")
                .Add(step.IsScratch ? ", scratch" : "", Ink.Null));
            PteReport.Write(terminal, walk.Result.Format, step.Level, step.IsCompact, step.Value);
        }

        terminal.Line();
        terminal.Line(walk.ResultText, walk.Result.Status == TranslationStatus.Mapped ? Ink.Good : Ink.Warning, hang: 4);
        if (walk.Vma is { } vma)
            terminal.Line($"VMA {VmaText.Of(vma)}", VmaText.InkOf(vma.Kind), hang: 4);
        else
            terminal.Line("no VMA there");
    }

    private static void WriteJson(Utf8JsonWriter json, AddressWalk walk)
    {
        json.WriteNumber("vm_id", walk.Vm.Id);
        if (walk.Client is not null)
            json.WriteString("client", walk.Client);
        json.WriteNumber("tile", walk.Tile);
        json.WriteHex("va", walk.Va);
        json.WriteHex("root_descriptor", walk.Vm.RootDescriptor(walk.Tile));
        json.WriteObjects("levels", walk.Steps, step =>
        {
            json.WriteNumber("level", step.Level);
            json.WriteNumber("index", step.Index);
            json.WriteHex("table", step.TableAddress);
            json.WriteBoolean("scratch", step.IsScratch);
            PteJson.WriteFields(json, walk.Result.Format, step.Level, step.IsCompact, step.Value);
        });
        json.WriteString("status", walk.StatusText);
        json.WriteNumber("page_size", walk.Result.PageSize);
        json.WriteHex("address", walk.Result.Address);
        json.WriteBoolean("writable", walk.Result.IsWritable);
        if (walk.Vma is not null)
        {
            json.WriteStartObject("vma");
            StateJson.WriteFields(json, walk.Vma);
            json.WriteEndObject();
        }
    }
}
