namespace XePt.Cli.Console;

/// <summary>What output goes to: how wide it is and whether it shows colours.</summary>
/// <param name="Width">Columns; <see cref="Unlimited"/> for what is not a terminal, so that a line of output is one line of text.</param>
/// <param name="HasColor">Whether escape sequences for colours are written.</param>
internal readonly record struct Screen(int Width, bool HasColor)
{
    /// <summary>The width of a file or a pipe.</summary>
    public const int Unlimited = int.MaxValue / 2;

    /// <summary>For a terminal that does not say how wide it is.</summary>
    private const int UsualWidth = 80;

    /// <summary>A file or a pipe.</summary>
    public static Screen Plain { get; } = new(Unlimited, HasColor: false);

    /// <summary>What a writer of this process leads to.</summary>
    public static Screen Of(TextWriter output)
    {
        bool isTerminal = ReferenceEquals(output, System.Console.Out) ? !System.Console.IsOutputRedirected
            : ReferenceEquals(output, System.Console.Error) && !System.Console.IsErrorRedirected;
        if (!isTerminal)
            return Plain;
        bool hasColor = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return new Screen(WidthOfConsole(), hasColor);
    }

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
