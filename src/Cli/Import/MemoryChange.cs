using System.Globalization;
using System.Text.RegularExpressions;

namespace XePt.Cli.Import;

/// <summary>What a system call has done to the memory of its process.</summary>
/// <param name="Kind">What.</param>
/// <param name="Range">The addresses that it was done to.</param>
internal sealed partial record MemoryChange(MemoryChangeKind Kind, AddressRange Range)
{
    /// <summary>What may be done with the memory from now on, where that changes.</summary>
    public MemoryAccess Access { get; init; }

    /// <summary>Where pages that have moved are now.</summary>
    public ulong To { get; init; }

    /// <summary>Memory stays where they were, without them.</summary>
    public bool Stays { get; init; }

    /// <summary>What a line of strace's says; null for another line, and for a call that failed or changed nothing.</summary>
    public static MemoryChange? Parse(string line, out string process)
    {
        Match call = Call().Match(line);
        process = call.Groups["pid"].Value;
        if (!call.Success)
            return null;
        AddressRange range = RangeOf(call.Groups["address"].Value, call.Groups["size"].Value);
        string rest = call.Groups["rest"].Value, result = call.Groups["result"].Value;
        return call.Groups["call"].Value switch
        {
            "munmap" => new MemoryChange(MemoryChangeKind.Unmap, range),
            "mprotect" => new MemoryChange(MemoryChangeKind.Protect, range) { Access = AccessOf(rest) },
            "madvise" when Drops(rest) => new MemoryChange(MemoryChangeKind.Discard, range),
            "mmap" when rest.Contains("MAP_FIXED", StringComparison.Ordinal) && !rest.Contains("NOREPLACE", StringComparison.Ordinal) =>
                new MemoryChange(MemoryChangeKind.Replace, range) { Access = AccessOf(rest) },
            "mremap" => Remap(range, rest, Number(result)),
            _ => null,
        };
    }

    // 1234 mremap(0x7f0000000000, 8192, 4096, 0x1) = 0x7f0000000000
    [GeneratedRegex(
        @"^(?:\[pid +)?(?<pid>\d+)?\]? *(?<call>munmap|mprotect|madvise|mmap|mremap)\((?<address>0x[0-9a-f]+), (?<size>0x[0-9a-f]+|\d+)"
        + @"(?:, (?<rest>.*))?\) += (?<result>0x[0-9a-f]+|0)$")]
    private static partial Regex Call();

    private static MemoryChange? Remap(AddressRange from, string rest, ulong to)
    {
        ulong size = Number(rest.Split(',')[0]);
        if (to != from.Start)
        {
            return new MemoryChange(MemoryChangeKind.Move, new(from.Start, from.Start + Math.Min(size, from.Size)))
            {
                To = to,
                Stays = rest.Contains("MREMAP_DONTUNMAP", StringComparison.Ordinal),
            };
        }

        return size < from.Size ? new MemoryChange(MemoryChangeKind.Unmap, new(from.Start + size, from.End)) : null;
    }

    private static bool Drops(string advice) => advice is "MADV_DONTNEED" or "MADV_FREE" or "MADV_REMOVE";

    private static MemoryAccess AccessOf(string text) =>
        text.Contains("PROT_WRITE", StringComparison.Ordinal) ? MemoryAccess.Write
        : text.Contains("PROT_READ", StringComparison.Ordinal) ? MemoryAccess.Read : MemoryAccess.None;

    private static AddressRange RangeOf(string address, string size)
    {
        ulong start = Number(address), bytes = Number(size);
        return new AddressRange(start, bytes <= ulong.MaxValue - start ? start + bytes : ulong.MaxValue);
    }

    private static ulong Number(string digits)
    {
        bool isHex = digits.StartsWith("0x", StringComparison.Ordinal);
        NumberStyles style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        bool isNumber = ulong.TryParse(digits.AsSpan(isHex ? 2 : 0), style, CultureInfo.InvariantCulture, out ulong number);
        return isNumber ? number : ulong.MaxValue;
    }
}

/// <summary>Changes of memory.</summary>
internal enum MemoryChangeKind
{
    /// <summary>It goes away.</summary>
    Unmap,

    /// <summary>Something else may be done with it.</summary>
    Protect,

    /// <summary>Its pages are given back.</summary>
    Discard,

    /// <summary>Other memory takes its place.</summary>
    Replace,

    /// <summary>Its pages are elsewhere.</summary>
    Move,
}

/// <summary>What a process may do with memory.</summary>
internal enum MemoryAccess
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Read it.</summary>
    Read,

    /// <summary>Write it, too.</summary>
    Write,
}
