using XePt.Cli.Input;
using XePt.Cli.State;
using XePt.Cli.Traces.Processes;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>
/// The client's memory in a trace. As long as no event declares any, all of it is there and reads as zero, so that a trace need not say
/// where its user fences are. From the first declaration on only what was declared is there, in whole pages of 4 KiB, and CPU memory as
/// long as it is mapped. Where the client's process has mapped memory, that is what ioctls read and write.
/// </summary>
internal sealed class TraceMemory(TraceProcess process) : IUserMemory
{
    /// <summary>Where extensions lie that a record names: beyond all that a trace can declare.</summary>
    public const ulong ChainStart = 1UL << 63;

    /// <summary>The most extensions of a record; a call takes 16.</summary>
    public const int LongestChain = 64;

    private readonly SparseUserMemory _content = new();
    private readonly IntervalSet _there = new();
    private readonly IntervalSet _readOnly = new();
    private readonly Dictionary<ulong, ulong> _cpuEnds = [];
    private byte[] _chain = [];
    private bool _isDeclared;

    /// <summary>Extensions that are there until this ends.</summary>
    public readonly ref struct Chain(TraceMemory memory)
    {
        /// <summary>Takes them away.</summary>
        public void Dispose() => memory._chain = [];
    }

    /// <summary>Declares <c>[start, end)</c> with what it begins with; what follows stays as it was, at first zero.</summary>
    public void Declare(ulong start, ulong end, ReadOnlySpan<byte> content)
    {
        if (FindMapped(start, end - start) is not null)
            throw new MalformedRecordException("'addr': the process has mapped memory there; cpu_write writes to it");
        _isDeclared = true;
        AddPages(start, end);
        _content.TryWrite(start, content);
    }

    /// <summary>The extensions of a call are there while it runs.</summary>
    public Chain Lay(byte[] chain)
    {
        _chain = chain;
        return new Chain(this);
    }

    /// <summary>CPU memory appears. That alone does not make other memory go away.</summary>
    public void MapCpu(ulong start, ulong end)
    {
        _cpuEnds[start] = end;
        AddPages(start, end);
    }

    /// <summary>From now on what is there can be read only, or written again.</summary>
    public void Protect(ulong start, ulong end, bool isReadOnly)
    {
        (start, end) = PagesOf(start, end);
        if (isReadOnly)
            _readOnly.Add(start, end);
        else
            _readOnly.Remove(start, end);
    }

    /// <summary>CPU memory goes away.</summary>
    public void UnmapCpu(ulong start)
    {
        if (_cpuEnds.Remove(start, out ulong end))
            _there.Remove(start, end);
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into) => address >= ChainStart ? TryReadChain(address, into)
        : FindMapped(address, (ulong)into.Length) is { } mapped
        ? mapped.TryRead(address, into)
        : IsThere(address, (ulong)into.Length) && _content.TryRead(address, into);

    private bool TryReadChain(ulong address, Span<byte> into)
    {
        ulong at = address - ChainStart;
        bool isThere = at <= (ulong)_chain.Length && (ulong)into.Length <= (ulong)_chain.Length - at;
        if (isThere)
            _chain.AsSpan((int)at, into.Length).CopyTo(into);
        else if (!_isDeclared)
            return _content.TryRead(address, into);
        return isThere;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => FindMapped(address, (ulong)from.Length) is { } mapped
        ? mapped.TryWrite(address, from)
        : IsThere(address, (ulong)from.Length) && !IsReadOnly(address, (ulong)from.Length) && _content.TryWrite(address, from);

    /// <summary>The process, if it has mapped any of an interval.</summary>
    private ModelProcess? FindMapped(ulong address, ulong length) =>
        process.Used is { } own && length <= ulong.MaxValue - address
            && own.TryFindFirstVma(AddressRange.OfSize(address, length), out _) ? own : null;

    private bool IsThere(ulong address, ulong length) =>
        !_isDeclared || (length <= ulong.MaxValue - address && _there.Covers(address, address + length));

    private bool IsReadOnly(ulong address, ulong length) => _readOnly.Overlaps(address, address + length);

    private void AddPages(ulong start, ulong end)
    {
        (start, end) = PagesOf(start, end);
        _there.Add(start, end);
    }

    private static (ulong Start, ulong End) PagesOf(ulong start, ulong end) =>
        (start & ~(XeLimits.PageSize - 1), (end + XeLimits.PageSize - 1) & ~(XeLimits.PageSize - 1));
}
