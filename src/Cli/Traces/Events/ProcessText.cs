using XePt.Cli.Input;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Words of events of a process.</summary>
internal static class ProcessText
{
    private static readonly (string Name, CpuProtection Value)[] Protections =
        [("NONE", CpuProtection.None), ("READ", CpuProtection.Read), ("WRITE", CpuProtection.ReadWrite)];

    private static readonly (string Name, CpuVmaKind Value)[] Kinds =
    [
        ("anonymous", CpuVmaKind.Anonymous), ("file", CpuVmaKind.File), ("shared", CpuVmaKind.Shared), ("hugetlb", CpuVmaKind.HugeTlb),
        ("io", CpuVmaKind.Io),
    ];

    /// <summary>Takes a protection: names as C has them, joined with <c>|</c>; read and write without it.</summary>
    public static CpuProtection TakeProtection(JsonFields fields)
    {
        CpuProtection protection = CpuProtection.None;
        foreach (string word in (fields.TakeText("prot") ?? "READ|WRITE").Split('|', StringSplitOptions.TrimEntries))
        {
            string name = word.StartsWith("PROT_", StringComparison.OrdinalIgnoreCase) ? word["PROT_".Length..] : word;
            protection |= Find(Protections, name, "prot");
        }

        return protection;
    }

    /// <summary>Takes what a mapping is backed by.</summary>
    public static CpuVmaKind TakeKind(JsonFields fields) => Find(Kinds, fields.TakeText("kind") ?? "anonymous", "kind");

    /// <summary>Takes the first address and the size of something made of pages.</summary>
    public static (ulong Address, ulong Size) TakePages(JsonFields fields)
    {
        (ulong address, ulong size) = (fields.Take("addr").ToUInt64("addr"), fields.Take("size").ToUInt64("size"));
        RequirePages(address, size);
        return (address, size);
    }

    /// <summary>An interval ends below 2^64, so that it can be shown.</summary>
    public static void RequirePages(ulong address, ulong size)
    {
        if (size > ulong.MaxValue - address)
            throw new MalformedRecordException("'size': more than there is behind 'addr'");
    }

    /// <summary>Takes the process that does it: a child, or null for the client's own.</summary>
    public static string? TakeProcess(JsonFields fields) => fields.TakeText("process");

    /// <summary><c>READ|WRITE</c>.</summary>
    public static string Of(CpuProtection protection) => protection switch
    {
        CpuProtection.None => "NONE",
        CpuProtection.Read => "READ",
        _ => "READ|WRITE",
    };

    /// <summary><c>anonymous</c>.</summary>
    public static string Of(CpuVmaKind kind) => Kinds.First(known => known.Value == kind).Name;

    /// <summary>An event of a process with its result.</summary>
    /// <param name="process">Name of a child, or null.</param>
    /// <param name="errno">What came of it.</param>
    /// <param name="text">What was to be done.</param>
    public static CallResult Result(string? process, Errno errno, string text) =>
        new(errno, default, 0, process is null ? text : $"{process}: {text}");

    private static T Find<T>((string Name, T Value)[] known, string name, string field)
    {
        foreach ((string candidate, T value) in known)
        {
            if (candidate.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        string names = string.Join(", ", known.Select(item => item.Name));
        throw new MalformedRecordException($"'{field}': \"{name}\" is none of {names}");
    }
}
