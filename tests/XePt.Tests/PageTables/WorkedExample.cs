using System.Text.RegularExpressions;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.PageTables;

/// <summary>
/// Plays one worked example of specification 03 section 22 and writes down what the engine did in the words of the document: the line of
/// each operation (records, interval, page sizes, new tables), its records, the tables freed, the trees. <see cref="AssertAsSpecified"/>
/// then compares with the document line by line.
/// </summary>
internal sealed partial class WorkedExample(string id, PlatformInfo platform, VmCreateFlags mode = 0) : IDisposable
{
    private readonly List<string> _said = [];

    public TestGpu Gpu { get; } = new(platform, mode);

    /// <summary>Submits one op as a call of its own and writes it down as a bind.</summary>
    public RequestTrace Bind(string name, DrmXeVmBindOp op)
    {
        RequestTrace trace = Gpu.Run(op);
        SayBind(name, trace, op.Addr);
        return trace;
    }

    /// <summary>Submits one op as a call of its own and writes it down as the unbind of <c>[start, end)</c>.</summary>
    public RequestTrace Unbind(string name, DrmXeVmBindOp op, ulong start, ulong end)
    {
        RequestTrace trace = Gpu.Run(op);
        SayUnbind(name, trace, start, end);
        return trace;
    }

    /// <summary>Writes down a call that staged one bind.</summary>
    /// <param name="va">An address in the VMA whose page sizes are told.</param>
    public void SayBind(string name, RequestTrace trace, ulong va)
    {
        SayBind(name, trace.Op, trace.Tile.Start, trace.Tile.Last, PageSizesText(Gpu.VmaAt(va).PageSizes));
        SayFreed(trace);
    }

    /// <summary>Writes down one of several binds of a call.</summary>
    public void SayBind(string name, OpTrace op, ulong start, ulong last, string pageSizes)
    {
        string made = op.NewTables.Count == 0 ? "none" : string.Join(", ", op.NewTables);
        Assert.True(op.IsBind);
        Say($"**bind {name}** → {op.Records.Count} update record(s), interval [0x{start:x}, 0x{last:x}], "
            + $"VMA size flags {pageSizes}, new tables: {made}.");
        SayRecords(op);
    }

    /// <summary>Writes down a call that staged one unbind.</summary>
    public void SayUnbind(string name, RequestTrace trace, ulong start, ulong end)
    {
        SayUnbind(name, trace.Op, start, end, trace.Tile.Start, trace.Tile.Last);
        SayFreed(trace);
    }

    /// <summary>Writes down one of several unbinds of a call.</summary>
    public void SayUnbind(string name, OpTrace op, ulong start, ulong end, ulong hullStart, ulong hullLast)
    {
        Assert.False(op.IsBind);
        Say($"**unbind {name} [0x{start:x}, 0x{end:x})** → {op.Records.Count} update record(s), "
            + $"interval [0x{hullStart:x}, 0x{hullLast:x}].");
        SayRecords(op);
    }

    public void SayFreed(RequestTrace trace)
    {
        if (trace.Tile.Freed.Count > 0)
            Say($"Freed (deferred): {string.Join(", ", trace.Tile.Freed.Select(table => $"T{table}"))}.");
    }

    public void SayZap(string name, bool wrote) => Say($"**zap {name}** → returns {(wrote ? "true" : "false")}.");

    /// <summary>Writes down the tree as it is now.</summary>
    public void SayTree() => _said.AddRange(Gpu.Tree());

    /// <summary>Compares all that was written down with the document.</summary>
    public void AssertAsSpecified()
    {
        string[] specified = Specified(id);
        Assert.NotEmpty(specified);
        Assert.Equal(specified, _said);
    }

    public static string PageSizesText(PageSizeHints sizes)
    {
        (PageSizeHints, string)[] names =
        [
            (PageSizeHints.Size4K, "4K"), (PageSizeHints.Size64K, "64K"), (PageSizeHints.Compact64K, "COMPACT"),
            (PageSizeHints.Size2M, "2M"), (PageSizeHints.Size1G, "1G"),
        ];
        return $"{{{string.Join(',', names.Where(name => sizes.HasFlag(name.Item1)).Select(name => name.Item2))}}}";
    }

    public void Dispose() => Gpu.Dispose();

    private void Say(string line) => _said.Add(line);

    private void SayRecords(OpTrace op) => _said.AddRange(op.Records.Select((record, i) => $"record {i}: {record}"));

    /// <summary>The lines of an example that state something: operations, what was freed, and everything in code blocks.</summary>
    private static string[] Specified(string id)
    {
        var lines = new List<string>();
        bool inCode = false;
        IEnumerable<string> example = File.ReadLines(Path.Combine(RepositoryPaths.Root, "docs", "spec", "03-page-tables.md"))
            .SkipWhile(line => !line.StartsWith($"### {id} ", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("### ", StringComparison.Ordinal));
        foreach (string line in example)
        {
            if (line == "```")
                inCode = !inCode;
            else if (inCode || Statement().IsMatch(line))
                lines.Add(Spaces().Replace(line, " "));
        }

        return [.. lines];
    }

    [GeneratedRegex(@"^(\*\*(un)?bind |\*\*zap |Freed \(deferred\))")]
    private static partial Regex Statement();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
