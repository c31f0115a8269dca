using XePt.Uapi;

namespace XePt.Host;

/// <summary>
/// A block of device memory that pages of a process live in (SVM-180), as its device shows it to the address space: contiguous pages of
/// 4 KiB, an owner, and what the address space asks of it. A page belongs to one address of one process at a time.
/// </summary>
/// <remarks>Concurrency: any thread that touches the process's memory calls it, holding nothing of the address space.
/// <see cref="HostState"/> belongs to the address space.</remarks>
public abstract class DeviceBlock
{
    /// <summary>Whose pages they are: collections with the same owner take them as they are, others bring them to system memory first
    /// (SVM-093). Compared by reference; all devices of one interconnect share one.</summary>
    public abstract object Owner { get; }

    /// <summary>Pages of the block.</summary>
    public abstract int Pages { get; }

    /// <summary>For the address space alone: what it knows of the block while pages live in it.</summary>
    public object? HostState { get; set; }

    /// <summary>
    /// The CPU, or a collection of another owner, touches a page of the block: it is brought back with
    /// <see cref="ICpuAddressSpace.Collect"/> and <see cref="ICpuAddressSpace.InstallFrames"/> (SVM-181 to SVM-184), or not yet. Then the
    /// access is repeated.
    /// </summary>
    /// <param name="space">The address space.</param>
    /// <param name="address">The page that is touched.</param>
    /// <param name="vma">The mapping it is in.</param>
    /// <returns>Ok to repeat the access: the pages are back, somebody else is at it, or time has passed (SVM-181); an errno fails it
    /// (SIGBUS for the CPU, -EFAULT for a collection).</returns>
    public abstract Errno Pull(ICpuAddressSpace space, ulong address, in CpuVma vma);

    /// <summary>Reads a page that lives in the block: fork copies it for the child. Short, never waits, and does not call the address
    /// space.</summary>
    /// <param name="page">Its number in the block.</param>
    /// <param name="into">4096 bytes.</param>
    public abstract void Read(int page, Span<byte> into);

    /// <summary>No page lives in the block any more; it may be freed (HST-021). Called once for each time that pages were to be installed
    /// in an empty block, also when none of them was left to be installed. Never waits, and does not call the address space.</summary>
    public abstract void Released();

    /// <inheritdoc/>
    public override string ToString() => $"block of {Pages} page{(Pages == 1 ? "" : "s")} in device memory";
}
