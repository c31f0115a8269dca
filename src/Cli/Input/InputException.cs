namespace XePt.Cli.Input;

/// <summary>Input that cannot be used: one line that says where and why. It ends the tool with
/// <see cref="Console.ExitCode.BadInput"/>.</summary>
/// <param name="source">Name of the file, or of what else the input is. One without letters is shown in quotes.</param>
/// <param name="line">Line in it, from 1; 0 when it is not about a line.</param>
/// <param name="message">What is wrong, without a full stop.</param>
internal sealed class InputException(string source, int line, string message)
    : Exception(line > 0 ? $"{Shown(source)}:{line}: {message}" : $"{Shown(source)}: {message}")
{
    /// <summary>Line it is about, from 1, or 0.</summary>
    public int Line { get; } = line;

    private static string Shown(string source) => string.IsNullOrWhiteSpace(source) ? $"\"{source}\"" : source;
}
