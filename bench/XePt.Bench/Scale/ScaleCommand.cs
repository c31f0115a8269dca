namespace XePt.Bench.Scale;

/// <summary><c>scale [--out FOLDER] [--tool XEPT] [PLOT...]</c>: what grows with the number of VMAs, of VMs, of pages and of calls. Prints
/// tables, and writes a plot of each into the folder.</summary>
internal static class ScaleCommand
{
    private static readonly (string Name, Func<string, IEnumerable<Plot>> Measure)[] s_parts =
    [
        ("vmas", _ => VmaScale.Measure()),
        ("vms", _ => VmScale.Measure()),
        ("pages", _ => PageScale.Measure()),
        ("trace", TraceScale.Measure),
    ];

    public static int Run(IReadOnlyList<string> args)
    {
        string? folder = null, tool = null;
        var names = new List<string>();
        for (int i = 0; i < args.Count; i++)
        {
            if (args[i] is "--out" && i + 1 < args.Count)
                folder = args[++i];
            else if (args[i] is "--tool" && i + 1 < args.Count)
                tool = args[++i];
            else
                names.Add(args[i]);
        }

        if (names.Find(name => s_parts.All(part => part.Name != name)) is { } unknown)
        {
            Console.Error.WriteLine($"no plot {unknown}: {string.Join(", ", s_parts.Select(part => part.Name))}");
            return 2;
        }

        tool ??= Path.Combine("src", "Cli", "bin", "Release", "net10.0", "xept.dll");
        var wanted = s_parts.Where(part => names.Count == 0 || names.Contains(part.Name));
        foreach (Plot plot in wanted.SelectMany(part => part.Measure(tool)))
            Show(plot, folder);

        return 0;
    }

    private static void Show(Plot plot, string? folder)
    {
        Console.WriteLine($"### {plot.Title}\n\n{plot.ToMarkdown()}");
        if (folder is null)
            return;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, plot.Name + ".svg"), plot.ToSvg());
    }
}
