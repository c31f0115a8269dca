using XePt.Host;

namespace XePt.Tests.CpuModel;

/// <summary>A process with what a test looks at.</summary>
internal sealed class TestProcess : IDisposable
{
    public const ulong Page = 4096;
    public const ulong Huge = 2 << 20;
    public const ulong Base = 0x7f00_0000_0000;

    public CpuPageList List { get; } = new();

    public TestProcess(ModelMemoryOptions? options = null)
    {
        Memory = new ModelMemory(options);
        Process = new ModelProcess(Memory);
        Process.Changing += change =>
        {
            // Threads that change memory at the same time are here at the same time.
            lock (Events)
                Events.Add($"{change.Kind} {change.Range.Start - Base:x} {change.Range.End - Base:x}");
        };
    }

    public ModelMemory Memory { get; }

    public ModelProcess Process { get; }

    /// <summary>Changes so far, by distance from <see cref="Base"/>.</summary>
    public List<string> Events { get; } = [];

    /// <summary>Takes the changes so far.</summary>
    public string TakeEvents()
    {
        string events = string.Join("; ", Events);
        Events.Clear();
        return events;
    }

    /// <summary>Mappings by distance from <see cref="Base"/>.</summary>
    public string Mappings => string.Join(
        "; ", Process.Mappings.Select(vma => $"{vma.Range.Start - Base:x} {vma.Range.End - Base:x} {vma.Protection} {vma.Kind}"));

    /// <summary>Where pages are: runs of absent, system, huge, pinned and device pages as letter and number.</summary>
    public string Pages(ulong start, ulong end)
    {
        Process.Describe(new AddressRange(start, end), List);
        return Text(List);
    }

    public static string Text(CpuPageList list)
    {
        var runs = new List<(string Kind, int Pages)>();
        foreach (CpuPageRun run in list.Runs)
        {
            string kind = run.Kind switch
            {
                CpuPageKind.Absent => "a",
                CpuPageKind.Device => "d",
                _ => run.IsPinned ? "p" : run.Order == 9 ? "h" : "s",
            };
            if (runs.Count > 0 && runs[^1].Kind == kind)
                runs[^1] = (kind, runs[^1].Pages + run.Pages);
            else
                runs.Add((kind, run.Pages));
        }

        return string.Join(" ", runs.Select(run => $"{run.Kind}{run.Pages}"));
    }

    public ulong ReadWord(ulong address)
    {
        Span<byte> word = stackalloc byte[8];
        Assert.True(Process.TryRead(address, word));
        return BitConverter.ToUInt64(word);
    }

    public void WriteWord(ulong address, ulong value) => Assert.True(Process.TryWrite(address, BitConverter.GetBytes(value)));

    public void Dispose()
    {
        Process.Dispose();
        Assert.Equal(0, Memory.UsedBytes);
        Assert.Equal(0, Memory.WrittenBytes);
        Assert.Equal(0, Memory.DeviceBlocks);
        Memory.Dispose();
    }
}
