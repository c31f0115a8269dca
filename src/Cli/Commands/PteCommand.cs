using System.CommandLine;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Devices;

namespace XePt.Cli.Commands;

/// <summary><c>xept pte</c>: takes one page-table entry apart.</summary>
internal static class PteCommand
{
    private const int JsonVersion = 2;

    private static readonly VerbHelp Help = new(
        "the entry was decoded",
        null,
        new("pte 0x80010803 --platform dg2 --level 0 --compact", "Decode an entry of a table of 64 KiB entries."),
        new("pte 0x200000083 --platform bmg --level 1", "Decode a leaf of 2 MiB."));

    public static Command Create()
    {
        var entry = CommonOptions.Hex("HEX", "The entry, hexadecimal with or without 0x.");
        var platform = CommonOptions.Platform("The platform the entry is of.");
        platform.Required = true;
        var level = CommonOptions.Count("--level", "L", "Level of the table the entry is in; 0 is the last.", min: 0);
        level.Required = true;
        var compact = new Option<bool>("--compact") { Description = "The level-0 table is one of 64 KiB entries." };
        var json = CommonOptions.Json();
        var command = new Verb("pte", "Decode a page-table entry, field by field.", Help) { entry, platform, level, compact, json };
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            PlatformInfo of = parse.GetRequiredValue(platform)!;
            (ulong value, int at, bool isCompact) = (parse.GetValue(entry), parse.GetValue(level) ?? 0, parse.GetValue(compact));
            CheckPlace(of, at, isCompact);
            if (parse.GetValue(json))
            {
                terminal.Json("pte", JsonVersion, writer =>
                {
                    writer.WriteString("platform", of.Name);
                    writer.WriteNumber("level", at);
                    writer.WriteBoolean("compact", isCompact);
                    PteJson.WriteFields(writer, of.FormatId, at, isCompact, value);
                });
            }
            else
            {
                PteReport.Write(terminal, of.FormatId, at, isCompact, value);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static void CheckPlace(PlatformInfo platform, int level, bool isCompact)
    {
        if (level < 0 || level > platform.RootLevel)
            throw new CommandLineException($"--level: {platform.Name} has levels 0 to {platform.RootLevel}", HelpShown.None);
        if (isCompact && (level != 0 || !platform.HasCompactTables))
            throw new CommandLineException(
                $"--compact: {(level != 0 ? "only level-0 tables can be compact" : $"{platform.Name} has no compact tables")}",
                HelpShown.None);
    }
}
