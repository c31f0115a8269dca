using System.Globalization;
using System.Text;
using System.Xml;

namespace XePt.Cli.Reports;

/// <summary>Verdicts as JUnit XML, the form that forges show: one test case per trace.</summary>
internal static class JUnitReport
{
    private const string Suite = "xept run";

    private static readonly XmlWriterSettings Style =
        new() { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(false), CloseOutput = false };

    public static void Write(TextWriter output, IReadOnlyList<TraceVerdict> verdicts)
    {
        using (var xml = XmlWriter.Create(output, Style))
        {
            xml.WriteStartElement("testsuites");
            WriteCounts(xml, verdicts);
            xml.WriteStartElement("testsuite");
            WriteCounts(xml, verdicts);
            foreach (TraceVerdict verdict in verdicts)
                Write(xml, verdict);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        output.Write("\n");
    }

    private static void WriteCounts(XmlWriter xml, IReadOnlyList<TraceVerdict> verdicts)
    {
        xml.WriteAttributeString("name", Suite);
        WriteNumber(xml, "tests", verdicts.Count);
        WriteNumber(xml, "failures", verdicts.Count(verdict => verdict.Unmet.Count > 0));
        WriteNumber(xml, "errors", verdicts.Count(verdict => verdict.Malformed is not null));
    }

    private static void Write(XmlWriter xml, TraceVerdict verdict)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Clean(Path.GetDirectoryName(verdict.Path) is { Length: > 0 } folder ? folder : Suite));
        xml.WriteAttributeString("name", Clean(Path.GetFileName(verdict.Path)));
        xml.WriteAttributeString("file", Clean(verdict.Path));
        WriteNumber(xml, "assertions", verdict.Checked);
        if (!verdict.IsGood)
        {
            xml.WriteStartElement(verdict.Malformed is null ? "failure" : "error");
            xml.WriteAttributeString("message", Clean(verdict.Faults.First()));
            xml.WriteString(Clean(string.Join('\n', verdict.Faults)));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void WriteNumber(XmlWriter xml, string name, int number) =>
        xml.WriteAttributeString(name, number.ToString(CultureInfo.InvariantCulture));

    /// <summary>File names may hold characters that XML cannot.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '?'));
}
