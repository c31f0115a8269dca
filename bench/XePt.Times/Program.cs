using System.Globalization;
using XePt.Times;

// XePt.Times [PART-OF-A-NAME...]: prints the names of the lines and an empty line; then, for each number of a line that it reads, does a
// round of that line and prints nanoseconds and managed bytes of one operation. "compare" of the benchmarks asks one such process of each
// of two versions by turns. Only calls that every version of the library has.
// XePt.Times --list: their names and nothing else.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["--list"])
{
    foreach (string name in Lines.Names)
        Console.WriteLine(name);
    return;
}

Line[] lines = [.. Lines.All(name => args.Length == 0 || args.Any(name.Contains))];
foreach (Line line in lines)
    Console.WriteLine(line.Name);
Console.WriteLine();
while (Console.ReadLine() is { } request)
{
    (double time, double bytes) = lines[int.Parse(request)].Round();
    Console.WriteLine($"{time:F2}\t{bytes:F3}");
}
