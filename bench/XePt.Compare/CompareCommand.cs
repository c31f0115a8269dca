namespace XePt.Compare;

/// <summary>The verb <c>compare</c> of the benchmarks.</summary>
public static class CompareCommand
{
    /// <summary>Builds two commits, measures them by turns, and reports.</summary>
    /// <param name="args">As <see cref="CompareOptions.Usage"/> has it.</param>
    /// <param name="root">The repository's folder; where a driver is named, its repository is taken.</param>
    /// <param name="output">Where the table goes.</param>
    /// <param name="progress">Where it says how far it is, and what is wrong.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> args, string root, TextWriter output, TextWriter progress)
    {
        try
        {
            var options = CompareOptions.Parse(args);
            Report report = Measure(options, root, progress);
            output.Write(report.ToMarkdown());
            if (options.MarkdownPath is { } markdown)
                File.WriteAllText(markdown, report.ToMarkdown());
            if (options.JsonPath is { } json)
                File.WriteAllBytes(json, report.ToJson());
            return report.ExitCode(options.IsStrict);
        }
        catch (CompareException e)
        {
            progress.WriteLine(e.Message);
            progress.WriteLine(CompareOptions.Usage);
            return 2;
        }
    }

    private static Report Measure(CompareOptions options, string root, TextWriter progress)
    {
        Driver driver = options.Driver is { } folder ? Driver.In(folder) : Driver.Own(root);
        progress.WriteLine($"building {options.Base}");
        var baseline = Checkout.Build(driver, "base", options.Base, options.IsAot);
        progress.WriteLine($"building {options.Head}");
        var head = Checkout.Build(driver, "head", options.Head, options.IsAot);
        var measurement = new Measurement(
            options, parts => new Launch(new DriverProcess(baseline, parts), new DriverProcess(head, parts)), progress);
        IReadOnlyList<Comparison> lines = measurement.Run();
        return new Report(baseline.Commit, head.Commit, options.Threshold, lines);
    }
}
