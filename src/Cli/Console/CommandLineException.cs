namespace XePt.Cli.Console;

/// <summary>Arguments and options that do not go together, as only the verb can know. It ends the tool like every other
/// <see cref="CommandLineError"/>.</summary>
internal sealed class CommandLineException(string message, HelpShown help) : Exception(message)
{
    /// <summary>What is wrong.</summary>
    public CommandLineError Error { get; } = new(message, help);
}
