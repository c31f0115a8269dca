using System.Diagnostics;
using System.Globalization;
using XePt.Times;

// XePt.Times [PART-OF-A-NAME...]: measures the lines, all in turn, round after round, until none has become faster for some seconds (so
// long code may run before it is compiled for good), and prints what each took in its best round. Only calls that every version of the
// library has, so that versions can be compared (../times.sh).
TimeSpan quiet = TimeSpan.FromSeconds(5), longest = TimeSpan.FromMinutes(2);

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Line[] lines = [.. Lines.All(name => args.Length == 0 || args.Any(name.Contains))];
long start = Stopwatch.GetTimestamp();
for (long better = start; Stopwatch.GetElapsedTime(better) < quiet && Stopwatch.GetElapsedTime(start) < longest;)
{
    foreach (Line line in lines)
    {
        if (line.Round())
            better = Stopwatch.GetTimestamp();
    }
}

foreach (Line line in lines)
    Console.WriteLine($"{line.Best:F1}\t{line.Name}");
