using System.CommandLine;

namespace XePt.Cli.Console;

/// <summary>What a command line is run with: where it writes, and what that can show.</summary>
internal sealed class Invocation : InvocationConfiguration
{
    public Invocation(TextWriter output, TextWriter error, Screen screen)
    {
        (Output, Error, Screen) = (output, error, screen);
        EnableDefaultExceptionHandler = false;
    }

    /// <summary>What <see cref="InvocationConfiguration.Output"/> leads to.</summary>
    public Screen Screen { get; }
}
