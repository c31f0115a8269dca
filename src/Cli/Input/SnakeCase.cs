using System.Text;

namespace XePt.Cli.Input;

/// <summary>Names as traces and JSON write them.</summary>
internal static class SnakeCase
{
    /// <summary><c>NotPresent</c> becomes <c>not_present</c>.</summary>
    public static string Of(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (char letter in name)
            text.Append(char.IsAsciiLetterUpper(letter) && text.Length > 0 ? "_" : "").Append(char.ToLowerInvariant(letter));
        return text.ToString();
    }
}
