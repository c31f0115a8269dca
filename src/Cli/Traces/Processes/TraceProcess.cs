using XePt.Cli.Input;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Traces.Processes;

/// <summary>
/// The process that a client is, and its children. It is there from the beginning, without mappings; mirrors of the client's VMs show it.
/// Userptrs are of it once a record has used it, and until then of CPU memory that the trace declares with pages of its own choice: a
/// client has one kind of CPU memory or the other.
/// </summary>
internal sealed class TraceProcess(TraceMachine machine)
{
    /// <summary>Bytes of mapped memory that the prefetches of one call may name.</summary>
    public const ulong MaxPrefetch = 1UL << 40;

    private readonly Dictionary<string, ModelProcess> _children = new(StringComparer.Ordinal);
    private ModelProcess? _own;
    private bool _hasDeclared;

    /// <summary>Where the processes of the trace run.</summary>
    public TraceMachine Machine => machine;

    /// <summary>The process of the client, if a record has used it.</summary>
    public ModelProcess? Used { get; private set; }

    private ModelProcess Own => _own ??= machine.CreateProcess();

    /// <summary>The client declares CPU memory with physical pages.</summary>
    public void Declare()
    {
        if (Used is not null)
            throw new MalformedRecordException(
                "the client's process has memory of its own (mmap); physical pages cannot be declared beside it");
        _hasDeclared = true;
    }

    /// <summary>The process that a record is about.</summary>
    /// <param name="file">The client.</param>
    /// <param name="child">The name of a child, or null for the client's own process.</param>
    public ModelProcess Use(XeFile file, string? child)
    {
        if (child is not null)
            return Child(child);
        if (_hasDeclared)
            throw new MalformedRecordException(
                "the client's CPU memory is declared with physical pages (cpu_map); its process can have no other beside it");
        if (Used is null)
            file.AddressSpace = Used = Own;
        return Used;
    }

    /// <summary>Makes a VM whose mirrors show the process.</summary>
    public Errno CreateVm(XeFile file, ref DrmXeVmCreate args)
    {
        if (Used is not null)
            return file.VmCreate(ref args);
        file.AddressSpace = Own;
        Errno errno = file.VmCreate(ref args);
        file.AddressSpace = null;
        return errno;
    }

    /// <summary>Makes a child that is called something.</summary>
    public Errno Fork(ModelProcess parent, string name)
    {
        if (_children.ContainsKey(name))
            throw new MalformedRecordException($"'as': there is a process \"{name}\" already");
        if (machine.Fork(parent, out Errno errno) is { } child)
            _children.Add(name, child);
        return errno;
    }

    /// <summary>A process exits. A child is no more; the client's own stays without memory as long as the client is there.</summary>
    public void Exit(XeFile file, string? child)
    {
        ModelProcess process = Use(file, child);
        if (process.IsGone)
            throw new MalformedRecordException("the process has exited already");
        if (child is null)
        {
            process.Exit();
            return;
        }

        _children.Remove(child);
        machine.End(process);
    }

    /// <summary>Looks at what prefetches are about to make ranges of: of each 2 MiB that is mapped, one.</summary>
    /// <exception cref="MalformedRecordException">It is too much.</exception>
    public void CheckPrefetches(DrmXeVmBindOp[] binds)
    {
        if (Used is null)
            return;
        ulong mapped = 0;
        foreach (DrmXeVmBindOp op in binds.Where(op => op.Op == VmBindOp.Prefetch && op.Range <= Used.Limit))
            mapped += MappedIn(op.Addr, op.Addr + op.Range);
        if (mapped > MaxPrefetch)
            throw new MalformedRecordException($"a prefetch of more than {MaxPrefetch >> 40} TiB of mapped memory");
    }

    private ulong MappedIn(ulong start, ulong end)
    {
        ulong mapped = 0;
        for (ulong at = start; at < end && Used!.TryFindFirstVma(new(at, end), out CpuVma vma); at = vma.Range.End)
            mapped += Math.Min(vma.Range.End, end) - Math.Max(vma.Range.Start, at);
        return mapped;
    }

    private ModelProcess Child(string name) => _children.TryGetValue(name, out ModelProcess? child)
        ? child : throw new MalformedRecordException($"'process': there is no process \"{name}\"");
}
