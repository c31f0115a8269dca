using System.Globalization;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Tests.Bind;

/// <summary>
/// A bare VMA map in pages, without VM or driver policy. VMAs and ops are written short: <c>4-8 X+2</c> is pages 4 to 7 backed by BO X
/// from its page 2 on, <c>4-8</c> has no BO.
/// </summary>
internal sealed class SplitScene : IDisposable
{
    private const int Page = 12;

    private readonly GpuvaSpace _space;
    private UnmanagedList<GpuvaOp> _ops;

    public SplitScene(params string[] vmas)
        : this(0, 64, 0, 0, vmas)
    {
    }

    public SplitScene(ulong start, ulong end, ulong kernelStart, ulong kernelEnd, params string[] vmas)
    {
        var gate = new AllocationGate(Failures);
        _space = new GpuvaSpace(start << Page, end << Page, gate, kernelStart << Page, kernelEnd << Page);
        _ops = new UnmanagedList<GpuvaOp>(gate);
        foreach (string vma in vmas)
            Assert.Equal(Errno.Ok, Insert(vma));
    }

    public GpuvaSpace Space => _space;

    public FailureInjector Failures { get; } = new();

    public Errno Insert(string text)
    {
        MapRequest parsed = Parse(text);
        int slot = _space.Vmas.Rent();
        ref Vma v = ref _space.Vmas[slot];
        (v.Start, v.End, v.Bo, v.Offset) = (parsed.Start, parsed.End, parsed.Bo, parsed.Offset);
        Errno error = _space.Insert(slot);
        if (error != Errno.Ok)
            _space.Vmas.Return(slot);
        else if (v.HasBo)
            Assert.True(_space.BoVmas.TryLink(slot, ref v));
        return error;
    }

    public string[] Map(string request, Errno expected = Errno.Ok) =>
        Run(expected, () => GpuvaSplit.Map(_space, Parse(request), ref _ops));

    public string[] Unmap(string request, Errno expected = Errno.Ok) =>
        Run(expected, () => GpuvaSplit.Unmap(_space, Parse(request).Start, Parse(request).End, ref _ops));

    public string[] Prefetch(string request) =>
        Run(Errno.Ok, () => GpuvaSplit.Prefetch(_space, Parse(request).Start, Parse(request).End, ref _ops));

    public string[] Madvise(string request, Errno expected = Errno.Ok) =>
        Run(expected, () => GpuvaSplit.Madvise(_space, Parse(request).Start, Parse(request).End, ref _ops));

    public string[] UnmapAll(int bo) => Run(Errno.Ok, () => GpuvaSplit.UnmapAll(_space, bo, ref _ops));

    /// <summary>The VMA in a slot, or "-".</summary>
    public string Text(int slot) => slot == 0 ? "-" : Text(_space.Vmas[slot]);

    public void Dispose()
    {
        _ops.Dispose();
        _space.Dispose();
    }

    private string[] Run(Errno expected, Func<Errno> split)
    {
        _ops.Clear();
        Assert.Equal(expected, split());
        var lines = new string[_ops.Count];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = Text(_ops[i]);
        return lines;
    }

    private string Text(in GpuvaOp op)
    {
        string keep = op.Keep ? " keep" : "";
        return op.Kind switch
        {
            GpuvaOpKind.Map => $"map {Text(op.Start, op.End, op.Bo, op.Offset)}",
            GpuvaOpKind.Unmap => $"unmap {Text(op.Vma)}{keep}",
            GpuvaOpKind.Prefetch => $"prefetch {(op.Vma == 0 ? Text(op.Start, op.End, 0, 0) : Text(op.Vma))}",
            _ => $"remap {Text(op.Vma)}{keep} -> {Text(op.Previous, op.Vma)} | {Text(op.Next, op.Vma)}",
        };
    }

    private string Text(in GpuvaPiece piece, int old) =>
        piece.Exists ? Text(piece.Start, piece.End, _space.Vmas[old].Bo, piece.Offset) : "-";

    private static string Text(in Vma v) => Text(v.Start, v.End, v.Bo, v.Offset);

    private static string Text(ulong start, ulong end, int bo, ulong offset)
    {
        string backing = bo != 0 ? $" {(char)('W' + bo)}+{offset >> Page}" : offset != 0 ? $" +{offset >> Page}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{start >> Page}-{end >> Page}{backing}");
    }

    /// <summary>X is BO 1, Y is BO 2.</summary>
    private static MapRequest Parse(string text)
    {
        string[] parts = text.Split(' ', '-', '+');
        IEnumerable<string> numbers = parts.Where(part => part.Length > 0 && char.IsAsciiDigit(part[0]));
        ulong[] pages = [.. numbers.Select(part => ulong.Parse(part, CultureInfo.InvariantCulture) << Page)];
        int bo = parts.FirstOrDefault(part => part is "X" or "Y") is { } name ? name[0] - 'W' : 0;
        return new MapRequest(pages[0], pages[1], bo, pages.Length > 2 ? pages[2] : 0);
    }
}
