using System.Buffers.Binary;
using System.Text;

namespace XePt.Cli.Exec;

/// <summary>Reads what a process has counted: the struct of <c>src/RenderNode/report.c</c>, as it was in memory when the process
/// ended.</summary>
internal static class ReportFile
{
    private const int Magic = 8, Program = 16, ProgramBytes = 64;
    private const int Requests = Program + ProgramBytes, RequestCount = 256;
    private const int Refusals = Requests + (RequestCount * 8), RefusalCount = 512, RefusalBytes = 40, Rule = 8, RuleBytes = 24;
    private const int Totals = Refusals + (RefusalCount * RefusalBytes), TotalCount = 13;
    private const int Left = Totals + (TotalCount * 8), Kinds = 4;
    private const int Clients = Left + (Kinds * 8), ClientCount = 1024, ClientBytes = 20;
    private const int Violations = Clients + (ClientCount * ClientBytes);
    private const int Sentences = Violations + 8, SentenceCount = 64, SentenceBytes = 256;

    /// <summary>Bytes of a file.</summary>
    public const int Size = Sentences + (SentenceCount * SentenceBytes);

    /// <summary>Reads the files of a folder, by process.</summary>
    public static IReadOnlyList<ProcessCounts> ReadAll(string folder) =>
    [
        .. Directory.GetFiles(folder).Select(file => Read(File.ReadAllBytes(file))).OfType<ProcessCounts>()
            .OrderBy(process => process.Process),
    ];

    /// <summary>Reads one.</summary>
    /// <returns>Null when the process ended before it had counted anything.</returns>
    public static ProcessCounts? Read(ReadOnlySpan<byte> file)
    {
        if (file.Length != Size || !file.StartsWith("xeptrep1"u8))
            return null;
        var sentences = new List<string>();
        long violations = Long(file, Violations);
        for (int i = 0; i < Math.Min(violations, SentenceCount); i++)
            sentences.Add(Text(file.Slice(Sentences + (i * SentenceBytes), SentenceBytes)));
        return new ProcessCounts
        {
            Process = Int(file, Magic),
            Parent = Int(file, Magic + 4),
            Program = Text(file.Slice(Program, ProgramBytes)),
            Requests = Longs(file, Requests, RequestCount),
            Refusals = RefusalsOf(file),
            Devices = DevicesOf(Longs(file, Totals, TotalCount)),
            LeftAtClose = ObjectsOf(Longs(file, Left, Kinds)),
            LeftAtExit = OpenOf(file),
            Violations = violations,
            Sentences = sentences,
        };
    }

    private static List<RefusalCount> RefusalsOf(ReadOnlySpan<byte> file)
    {
        var refusals = new List<RefusalCount>();
        for (int i = 0; i < RefusalCount; i++)
        {
            ReadOnlySpan<byte> at = file.Slice(Refusals + (i * RefusalBytes), RefusalBytes);
            if (Int(at, 0) == 0)
                break;
            refusals.Add(new RefusalCount(Int(at, 0) - 1, Int(at, 4), Text(at.Slice(Rule, RuleBytes)), Long(at, Rule + RuleBytes)));
        }

        return refusals;
    }

    private static ObjectCounts OpenOf(ReadOnlySpan<byte> file)
    {
        ObjectCounts open = default;
        for (int i = 0; i < ClientCount; i++)
        {
            ReadOnlySpan<byte> client = file.Slice(Clients + (i * ClientBytes), ClientBytes);
            if (Int(client, 0) != 0)
                open += new ObjectCounts(Int(client, 4), Int(client, 8), Int(client, 12), Int(client, 16));
        }

        return open;
    }

    private static ObjectCounts ObjectsOf(long[] counts) => new(counts[0], counts[1], counts[2], counts[3]);

    // The last one is counted with its sentences.
    private static DeviceCounts DevicesOf(long[] totals) => new(
        totals[0], totals[1], totals[2], totals[3], totals[4], totals[5], totals[6], totals[7], totals[8], totals[9], totals[10],
        totals[11]);

    private static int Int(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadInt32LittleEndian(from[at..]);

    private static long Long(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadInt64LittleEndian(from[at..]);

    private static long[] Longs(ReadOnlySpan<byte> from, int at, int count)
    {
        long[] values = new long[count];
        for (int i = 0; i < count; i++)
            values[i] = Long(from, at + (i * 8));
        return values;
    }

    private static string Text(ReadOnlySpan<byte> from) => Encoding.UTF8.GetString(from[..Math.Max(0, from.IndexOf((byte)0))]);
}
