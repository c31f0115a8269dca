using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace XePt.Tests.Native;

/// <summary>What the documentation of assemblies says, as comments of C.</summary>
internal sealed partial class CDocumentation
{
    private const int Columns = 100;

    private readonly Dictionary<string, XElement> _members = [];

    /// <summary>Reads what stands beside each assembly.</summary>
    public CDocumentation(params ReadOnlySpan<Assembly> assemblies)
    {
        foreach (Assembly assembly in assemblies)
        {
            foreach (XElement member in XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member"))
                _members[member.Attribute("name")!.Value] = member;
        }
    }

    /// <summary>The comment of a type, in front of it.</summary>
    public string Of(Type type) => Comment("", Text($"T:{type.FullName}", "summary"));

    /// <summary>The comment of a field or constant, in front of it.</summary>
    public string Of(FieldInfo field, string more = "") =>
        Comment("    ", Text($"F:{field.DeclaringType!.FullName}.{field.Name}", "summary") + more);

    /// <summary>The comment of a function, in front of it.</summary>
    public string Of(MethodInfo method, IEnumerable<(string Name, string CName, string More)> parameters)
    {
        // Overloads do not occur among exports.
        string name = $"M:{method.DeclaringType!.FullName}.{method.Name}";
        XElement member = _members.Single(pair => pair.Key == name || pair.Key.StartsWith(name + "(", StringComparison.Ordinal)).Value;
        var text = new List<string> { Text(member.Element("summary")) };
        foreach ((string parameter, string cName, string more) in parameters)
        {
            XElement? said = member.Elements("param").SingleOrDefault(param => param.Attribute("name")!.Value == parameter);
            if (said is not null || more != "")
                text.Add($"  {cName}: {Text(said)}{more}");
        }

        if (member.Element("returns") is { } returns)
            text.Add($"Returns {char.ToLowerInvariant(Text(returns)[0])}{Text(returns)[1..]}");
        return Comment("", [.. text]);
    }

    private string Text(string member, string part) => Text(
        _members.GetValueOrDefault(member)?.Element(part) ?? throw new InvalidOperationException($"{member} is not documented"));

    private static string Text(XElement? element)
    {
        if (element is null)
            return "";
        var text = new StringBuilder();
        foreach (XNode node in element.Nodes())
            text.Append(node is XElement see ? CNames.Snake(see.Attribute("cref")!.Value.Split('(')[0].Split('.')[^1]) : node.ToString());
        string plain = Rules().Replace(Blanks().Replace(text.ToString(), " "), "").Trim();
        return plain.Replace("&gt;", ">").Replace("&lt;", "<").Replace("&amp;", "&");
    }

    private static string Comment(string indent, params string[] paragraphs)
    {
        string[] lines = [.. paragraphs.SelectMany(text => Wrap(text, Columns - indent.Length - 6))];
        return lines.Length == 1
            ? $"{indent}/* {lines[0]} */\n"
            : $"{indent}/* {string.Join($"\n{indent} * ", lines)} */\n";
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string indent = text.StartsWith("  ", StringComparison.Ordinal) ? "  " : "";
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line != "" && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = indent + indent + word;
            }
            else
            {
                line = line == "" ? indent + word : $"{line} {word}";
            }
        }

        yield return line;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    // Rules of the specification, and members of C# in brackets, help nobody who has only the header.
    [GeneratedRegex(@" \((?:specification [^)]*|[A-Z]+-\d[^)]*|(?!xept_)[a-z_]+)\)")]
    private static partial Regex Rules();
}
