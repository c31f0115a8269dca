namespace XePt.Cli.Console;

/// <summary>When colours are written.</summary>
internal enum ColorChoice
{
    /// <summary>On terminals, unless <c>NO_COLOR</c> is set.</summary>
    Auto,

    /// <summary>Whatever the output goes to.</summary>
    Always,

    /// <summary>Nowhere.</summary>
    Never,
}
