using XePt.Host;

namespace XePt.Tests.Svm.Mix;

/// <summary>A page's words, all that is ever written to it.</summary>
internal sealed class PlainContent
{
    public const int Words = 4;

    public ulong[] Values { get; } = new ulong[Words];

    public PlainContent Copy()
    {
        var copy = new PlainContent();
        Values.CopyTo(copy.Values, 0);
        return copy;
    }
}

/// <summary>A mapped page: what it is, and what is in it. A page of a file is the file's until it is written.</summary>
internal sealed class PlainPage
{
    public CpuProtection Protection { get; set; }

    public CpuVmaKind Kind { get; init; }

    public PlainContent? File { get; init; }

    /// <summary>It is held in memory.</summary>
    public bool IsLocked { get; set; }

    private PlainContent? Own { get; set; }

    public PlainContent Shown => Own ?? File ?? (Own = new PlainContent());

    public PlainContent Written => Kind == CpuVmaKind.Shared ? File! : Own ??= File?.Copy() ?? new PlainContent();

    public bool Can(bool write) =>
        Kind != CpuVmaKind.Io && (write ? Protection == CpuProtection.ReadWrite : Protection != CpuProtection.None);

    public void Discard() => Own = null;

    /// <summary>What is left where it was when its content has moved elsewhere.</summary>
    public PlainPage Emptied() => new() { Protection = Protection, Kind = Kind, File = File };

    /// <summary>That of a child, which holds nothing.</summary>
    public PlainPage Copy() => new() { Protection = Protection, Kind = Kind, File = File, Own = Own?.Copy() };
}

/// <summary>A process and its plain twin: for each page of the window what is there.</summary>
internal sealed class PlainProcess(ModelProcess process, PlainPage?[] pages)
{
    public ModelProcess Process { get; } = process;

    public PlainPage?[] Pages { get; } = pages;

    public PlainProcess Fork(ModelProcess child) => new(child, [.. Pages.Select(page => page?.Copy())]);
}
