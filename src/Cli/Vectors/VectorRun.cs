using System.Collections.Concurrent;

namespace XePt.Cli.Vectors;

/// <summary>Runs all cases of a set of vector files on several threads.</summary>
internal static class VectorRun
{
    /// <summary>The vector files of a folder in the order of their names, or the file itself.</summary>
    public static string[] FindFiles(string path) => Directory.Exists(path)
        ? [.. Directory.EnumerateFiles(path).Where(IsVectorFile).Order(StringComparer.Ordinal)]
        : [path];

    /// <param name="files">The files.</param>
    /// <param name="jobs">Threads, at least 1.</param>
    /// <param name="report">Told the bytes read so far, of all files together and as they are stored.</param>
    /// <returns>One tally per file, in the order of <paramref name="files"/>.</returns>
    public static FileTally[] Run(IReadOnlyList<string> files, int jobs, Action<long>? report = null)
    {
        FileTally[] tallies = [.. files.Select(file => new FileTally(file))];
        OrderablePartitioner<PendingCase> cases =
            Partitioner.Create(ReadCases(tallies, report), EnumerablePartitionerOptions.NoBuffering);
        Parallel.ForEach(cases, new ParallelOptions { MaxDegreeOfParallelism = jobs }, pending => pending.Run());
        return tallies;
    }

    private static IEnumerable<PendingCase> ReadCases(FileTally[] tallies, Action<long>? report)
    {
        long before = 0;
        foreach (FileTally tally in tallies)
        {
            using var file = new VectorFile(tally);
            while (file.Next() is { } pending)
            {
                report?.Invoke(before + file.BytesRead);
                yield return pending;
            }

            before += file.BytesRead;
        }
    }

    private static bool IsVectorFile(string path) =>
        path.EndsWith(".jsonl", StringComparison.Ordinal) || path.EndsWith(".jsonl.gz", StringComparison.Ordinal);
}
