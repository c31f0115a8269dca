using XePt.Cli.Input;
using XePt.Host;

namespace XePt.Cli.Traces.Processes;

/// <summary>The machine that the processes of a trace run on: their system memory, and the files that they map. It costs nothing until a
/// process touches something, and is small, so that a trace cannot take the memory of the real one.</summary>
internal sealed class TraceMachine : IDisposable
{
    /// <summary>Bytes of pages that may be populated at a time, in all processes and files.</summary>
    public const long MaxBytes = 512L << 20;

    /// <summary>Page tables of all processes, each for 2 MiB of which something is populated.</summary>
    public const int MaxTables = 1 << 17;

    /// <summary>Mappings of all processes.</summary>
    public const int MaxMappings = 1 << 20;

    // A huge page that does not fit any more has the machine beyond the limit.
    private const ulong HugePage = 2 << 20;

    private readonly Dictionary<string, ModelFile> _files = new(StringComparer.Ordinal);
    private readonly List<ModelProcess> _processes = [];
    private ModelMemory? _memory;

    private ModelMemory Memory => _memory ??= new ModelMemory(new ModelMemoryOptions { Bytes = MaxBytes + HugePage });

    /// <summary>A process without mappings.</summary>
    public ModelProcess CreateProcess()
    {
        var process = new ModelProcess(Memory);
        _processes.Add(process);
        return process;
    }

    /// <summary>Makes the child of a process.</summary>
    /// <exception cref="MalformedRecordException">The trace would have too much of something.</exception>
    public ModelProcess? Fork(ModelProcess parent, out Uapi.Errno error)
    {
        Require(parent.TableCount, parent.MappingCount);
        error = parent.Fork(out ModelProcess? child);
        if (child is not null)
            _processes.Add(child);
        return child;
    }

    /// <summary>A process has exited; what it has cost is given back.</summary>
    public void End(ModelProcess process)
    {
        _processes.Remove(process);
        process.Dispose();
    }

    /// <summary>Makes a file of zeros.</summary>
    public ModelFile CreateFile(string name, ulong size)
    {
        if (_files.ContainsKey(name))
            throw new MalformedRecordException($"'as': there is a file \"{name}\" already");
        return _files[name] = Memory.CreateFile(size);
    }

    /// <summary>The file with a name.</summary>
    public ModelFile File(string name) => _files.TryGetValue(name, out ModelFile? file)
        ? file : throw new MalformedRecordException($"'file': there is no file \"{name}\"");

    /// <summary>Looks at how much the records so far have led to.</summary>
    /// <exception cref="MalformedRecordException">It is too much.</exception>
    public void Check()
    {
        if (_memory is null)
            return;
        if (_memory.UsedBytes > MaxBytes)
            throw new MalformedRecordException($"more than {MaxBytes >> 20} MiB of CPU memory are populated; those of a trace may not");
        Require(0, 0);
    }

    public void Dispose()
    {
        foreach (ModelProcess process in _processes)
            process.Dispose();
        _memory?.Dispose();
    }

    private void Require(int tables, int mappings)
    {
        if (_processes.Sum(process => (long)process.TableCount) + tables > MaxTables)
            throw new MalformedRecordException($"the processes have more than {MaxTables} page tables; those of a trace may not");
        if (_processes.Sum(process => (long)process.MappingCount) + mappings > MaxMappings)
            throw new MalformedRecordException($"the processes have more than {MaxMappings} mappings; those of a trace may not");
    }
}
