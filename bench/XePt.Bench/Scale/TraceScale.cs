using System.Globalization;
using System.Text;
using XePt.Bench.Contract;

namespace XePt.Bench.Scale;

/// <summary>Up to ten million binds in one trace, replayed by the tool.</summary>
internal static class TraceScale
{
    private const int Places = 4096;
    private static readonly int[] s_counts = [10_000, 100_000, 1_000_000, 10_000_000];

    public static IEnumerable<Plot> Measure(string tool)
    {
        var rows = s_counts.Select(count => (Count: (double)count, Values: Replay(tool, count))).ToArray();
        yield return new Plot("trace", "Replay of a trace of binds", "binds", "ns of processor time, a bind", [Of("xept run", 0)]);
        yield return new Plot("trace-memory", "Memory of a replay", "binds", "MB", [Of("peak of xept run", 1)]);

        Curve Of(string name, int value) => new(name, [.. rows.Select(row => (row.Count, row.Values[value]))]);
    }

    private static double[] Replay(string tool, int count)
    {
        string trace = Path.Combine(Path.GetTempPath(), $"xept-scale-{Environment.ProcessId}.xetrace");
        try
        {
            Write(trace, count);
            (double time, double peak) = ChildUsage.Run(tool, ["run", "--expect", "--quiet", trace]);
            return [time / count, peak / 1e6];
        }
        finally
        {
            File.Delete(trace);
        }
    }

    private static void Write(string trace, int count)
    {
        using var writer = new StreamWriter(trace, append: false, new UTF8Encoding(false), 1 << 20);
        writer.WriteLine("""{"xetrace":1,"platform":"bmg"}""");
        writer.WriteLine("""{"ioctl":"VM_CREATE","as":"vm"}""");
        writer.WriteLine("""{"ioctl":"GEM_CREATE","size":"0x10000","placement":1,"cpu_caching":"WC","as":"bo"}""");
        for (int i = 0; i < count; i++)
        {
            ulong at = (1UL << 40) + ((ulong)(i * 7919L % Places) << 16);
            writer.Write("""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","obj":"bo","addr":"0x""");
            writer.Write(at.ToString("x", CultureInfo.InvariantCulture));
            writer.WriteLine("\",\"range\":\"0x1000\",\"pat_index\":2}]}");
        }
    }
}
