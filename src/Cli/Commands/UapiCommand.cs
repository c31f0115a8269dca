using System.CommandLine;
using XePt.Cli.Console;
using XePt.Uapi;

namespace XePt.Cli.Commands;

/// <summary><c>xept uapi</c>: every struct and number of the uAPI by C name, as the library declares them.</summary>
internal static class UapiCommand
{
    private static readonly VerbHelp Help = new(
        "the list was written",
        null,
        new("uapi", "List structs with offsets and sizes, then constants."),
        new("uapi --json", "The same for programs."))
    {
        Colours = [],
    };

    public static Command Create()
    {
        var json = CommonOptions.Json();
        var command = new Verb("uapi", "List the structs and constants of the uAPI by C name.", Help) { json };
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            if (parse.GetValue(json))
                terminal.Json(UapiTable.WriteJson);
            else
                Write(terminal);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal)
    {
        foreach (UapiStructInfo info in UapiTable.Structs)
        {
            terminal.Line(new InkText().Add(info.CName, Ink.Heading).Add($": {info.Size} bytes"));
            foreach (UapiFieldInfo field in info.Fields)
                terminal.Line($"  {field.Offset,4} {field.Size,4}  {field.CName}");
        }

        terminal.Line();
        foreach (UapiConstantInfo constant in UapiTable.Constants)
            terminal.Line($"{constant.CName} = 0x{constant.Value:x}");
    }
}
