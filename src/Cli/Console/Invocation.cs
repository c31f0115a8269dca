using System.CommandLine;
using XePt.Cli.Profile;

namespace XePt.Cli.Console;

/// <summary>What a command line is run with: where it writes and what that can show, and what this process can do.</summary>
internal sealed class Invocation : InvocationConfiguration
{
    public Invocation(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, Screen screen, Screen errorScreen, IEventReader? events)
    {
        (Args, Output, Error, Screen, ErrorScreen, Events) = (args, output, error, screen, errorScreen, events);
        EnableDefaultExceptionHandler = false;
    }

    /// <summary>That of a command being invoked.</summary>
    public static Invocation Of(ParseResult parse) => (Invocation)parse.InvocationConfiguration;

    /// <summary>The command line itself.</summary>
    public IReadOnlyList<string> Args { get; }

    /// <summary>What <see cref="InvocationConfiguration.Output"/> leads to.</summary>
    public Screen Screen { get; }

    /// <summary>What <see cref="InvocationConfiguration.Error"/> leads to.</summary>
    public Screen ErrorScreen { get; }

    /// <summary>Reads events of processes; null where the companion has to (<see cref="Companion"/>).</summary>
    public IEventReader? Events { get; }
}
