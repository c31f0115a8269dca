using System.Globalization;
using System.Text;

namespace XePt.Bench.Scale;

/// <summary>Values of one kind at growing sizes.</summary>
/// <param name="Name">What it is, as the plot says it.</param>
/// <param name="Points">Size and value, both above 0, by size.</param>
internal sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Curves over one axis of sizes, both axes logarithmic: what grows with the logarithm of the size is nearly flat, what grows with
/// the size is a diagonal.</summary>
/// <param name="Name">The file's name, without its ending.</param>
/// <param name="Title">What it shows.</param>
/// <param name="XLabel">What grows.</param>
/// <param name="YLabel">What is measured, with its unit.</param>
/// <param name="Curves">At most six.</param>
internal sealed record Plot(string Name, string Title, string XLabel, string YLabel, IReadOnlyList<Curve> Curves)
{
    private const int Width = 720, Height = 400, Left = 80, Right = 30, Top = 40, Bottom = 100;

    // Colours that differ in lightness, too.
    private static readonly string[] s_colours = ["#0060a8", "#d1610a", "#2f8f3a", "#8a3ab9", "#a00028", "#555555"];

    /// <summary>The plot as a picture.</summary>
    public string ToSvg()
    {
        Axis x = Axis.Over(Curves.SelectMany(curve => curve.Points).Select(point => point.X), Left, Width - Right);
        Axis y = Axis.Over(Curves.SelectMany(curve => curve.Points).Select(point => point.Y), Height - Bottom, Top);
        var svg = new StringBuilder();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12">""");
        Line(svg, $"""<rect width="{Width}" height="{Height}" fill="white"/>""");
        Line(svg, $"""<text x="{Left}" y="22" font-size="15">{Title}</text>""");
        AddGrid(svg, x, y);
        for (int i = 0; i < Curves.Count; i++)
            AddCurve(svg, x, y, i);
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    /// <summary>The same as a table.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Line(text, $"| {XLabel} | {string.Join(" | ", Curves.Select(curve => curve.Name))} |");
        Line(text, $"|---:|{string.Concat(Curves.Select(_ => "---:|"))}");
        for (int i = 0; i < Curves[0].Points.Count; i++)
            Line(text, $"| {Number(Curves[0].Points[i].X)} | {string.Join(" | ", Curves.Select(curve => Number(curve.Points[i].Y)))} |");
        return text.ToString();
    }

    private void AddGrid(StringBuilder svg, Axis x, Axis y)
    {
        foreach (double mark in x.Marks())
        {
            Line(svg, $"""<line x1="{x.At(mark):F1}" y1="{Top}" x2="{x.At(mark):F1}" y2="{Height - Bottom}" stroke="#ddd"/>""");
            Line(svg, $"""<text x="{x.At(mark):F1}" y="{Height - Bottom + 18}" text-anchor="middle">{Number(mark)}</text>""");
        }

        foreach (double mark in y.Marks())
        {
            Line(svg, $"""<line x1="{Left}" y1="{y.At(mark):F1}" x2="{Width - Right}" y2="{y.At(mark):F1}" stroke="#ddd"/>""");
            Line(svg, $"""<text x="{Left - 8}" y="{y.At(mark) + 4:F1}" text-anchor="end">{Number(mark)}</text>""");
        }

        Line(svg, $"""<text x="{(Left + Width - Right) / 2}" y="{Height - Bottom + 38}" text-anchor="middle">{XLabel}</text>""");
        Line(svg, $"""<text transform="translate(18,{(Top + Height - Bottom) / 2}) rotate(-90)" text-anchor="middle">{YLabel}</text>""");
    }

    private void AddCurve(StringBuilder svg, Axis x, Axis y, int index)
    {
        string colour = s_colours[index];
        string points = string.Join(' ', Curves[index].Points.Select(point => Text($"{x.At(point.X):F1},{y.At(point.Y):F1}")));
        Line(svg, $"""<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>""");
        foreach ((double px, double py) in Curves[index].Points)
            Line(svg, $"""<circle cx="{x.At(px):F1}" cy="{y.At(py):F1}" r="3" fill="{colour}"/>""");
        (int column, int row) = (index % 3, index / 3);
        (int left, int top) = (Left + (column * 210), Height - 38 + (row * 20));
        Line(svg, $"""<rect x="{left}" y="{top - 9}" width="14" height="4" fill="{colour}"/>""");
        Line(svg, $"""<text x="{left + 20}" y="{top}">{Curves[index].Name}</text>""");
    }

    private static string Number(double value) => value switch
    {
        >= 1e6 => Text($"{value / 1e6:0.##} M"),
        >= 1e4 => Text($"{value / 1e3:0.#} k"),
        >= 100 => Text($"{value:0}"),
        _ => Text($"{value:0.##}"),
    };

    private static void Line(StringBuilder text, FormattableString line) => text.Append(Text(line)).Append('\n');

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>From values to places, by their logarithm.</summary>
    private readonly record struct Axis(double From, double To, double Start, double End)
    {
        /// <summary>An axis over all values, to whole steps of 1, 2 and 5.</summary>
        public static Axis Over(IEnumerable<double> values, double start, double end)
        {
            double[] all = [.. values];
            return new Axis(Steps().Last(step => step <= all.Min()), Steps().First(step => step >= all.Max()), start, end);
        }

        public double At(double value) => Start + (Math.Log(value / From) / Math.Log(To / From) * (End - Start));

        public IEnumerable<double> Marks()
        {
            (double from, double to) = (From, To);
            double[] marks = [.. Steps().Where(step => step >= from && step <= to)];
            int apart = (marks.Length / 12) + 1;
            return marks.Where((_, i) => i % apart == 0);
        }

        private static IEnumerable<double> Steps()
        {
            for (int power = -3; power <= 10; power++)
            {
                foreach (double factor in (double[])[1, 2, 5])
                    yield return factor * Math.Pow(10, power);
            }
        }
    }
}
