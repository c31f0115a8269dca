namespace XePt.Cli.Console;

/// <summary>What output goes to: how wide it is and whether it shows colours.</summary>
/// <param name="Width">Columns; <see cref="Unlimited"/> for what is not a terminal, so that a line of output is one line of text.</param>
/// <param name="HasColor">Whether escape sequences for colours are written.</param>
/// <param name="HasUnicode">Whether more than ASCII can be written.</param>
internal readonly record struct Screen(int Width, bool HasColor, bool HasUnicode = true)
{
    /// <summary>The width of a file or a pipe.</summary>
    public const int Unlimited = int.MaxValue / 2;

    /// <summary>For a terminal that does not say how wide it is.</summary>
    private const int UsualWidth = 80;

    /// <summary>A character of which an encoding without Unicode makes a question mark.</summary>
    private const string UnicodeSample = "└";

    /// <summary>A file or a pipe.</summary>
    public static Screen Plain { get; } = new(Unlimited, HasColor: false);

    /// <summary>What a writer of this process leads to.</summary>
    public static Screen Of(TextWriter output)
    {
        bool isTerminal = ReferenceEquals(output, System.Console.Out) ? !System.Console.IsOutputRedirected
            : ReferenceEquals(output, System.Console.Error) && !System.Console.IsErrorRedirected;
        bool hasUnicode = output.Encoding.GetByteCount(UnicodeSample) > UnicodeSample.Length;
        if (!isTerminal)
            return Plain with { HasUnicode = hasUnicode };
        return new Screen(WidthOfConsole(), WantsEscapes(Environment.GetEnvironmentVariable), hasUnicode);
    }

    /// <summary>Whether a terminal gets colours when the command line says nothing, and lines that change: not where <c>NO_COLOR</c> is set
    /// to anything, nor where <c>TERM</c> is <c>dumb</c>.</summary>
    /// <param name="variable">Gives the variables of the environment, null for those that are not set.</param>
    public static bool WantsEscapes(Func<string, string?> variable) =>
        string.IsNullOrEmpty(variable("NO_COLOR")) && variable("TERM") != "dumb";

    /// <summary>This screen with colours as the command line asks for them.</summary>
    public Screen With(ColorChoice choice) => choice switch
    {
        ColorChoice.Always => this with { HasColor = true },
        ColorChoice.Never => this with { HasColor = false },
        _ => this,
    };

    private static int WidthOfConsole()
    {
        try
        {
            return System.Console.WindowWidth is > 0 and var width ? width : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }
}
