namespace XePt.Cli.Console;

/// <summary>What the tool returns to the shell (docs/cli.md).</summary>
internal static class ExitCode
{
    /// <summary>Everything is as asked.</summary>
    public const int Ok = 0;

    /// <summary>An expectation is not met, or two things differ.</summary>
    public const int Difference = 1;

    /// <summary>The input or the command line cannot be used.</summary>
    public const int BadInput = 2;

    /// <summary>The tool itself failed.</summary>
    public const int InternalError = 3;
}
