namespace XePt.Uapi.Text;

/// <summary>The names and the value of one member of an enum.</summary>
/// <param name="CName">C name.</param>
/// <param name="ShortName">C name without the prefix that all C names of the enum share; what is printed.</param>
/// <param name="Name">.NET name.</param>
/// <param name="Value">The value.</param>
public readonly record struct FlagName(string CName, string ShortName, string Name, ulong Value)
{
    /// <summary>C name and value, hexadecimal.</summary>
    public override string ToString() => $"{CName} = 0x{Value:x}";

    /// <summary>Whether <paramref name="text"/> is one of the three names, in any case.</summary>
    internal bool Is(ReadOnlySpan<char> text) =>
        text.Equals(ShortName, StringComparison.OrdinalIgnoreCase)
        || text.Equals(CName, StringComparison.OrdinalIgnoreCase)
        || text.Equals(Name, StringComparison.OrdinalIgnoreCase);
}
