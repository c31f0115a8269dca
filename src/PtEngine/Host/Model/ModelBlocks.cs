using XePt.Memory;

namespace XePt.Host;

/// <summary>What a machine knows of a device block while pages of processes live in it: where each of its pages is mapped.</summary>
internal sealed unsafe class ModelBlock
{
    private const ulong Nowhere = ulong.MaxValue;

    private ulong* _addresses;
    private int _capacity;

    /// <summary>The block, or null while the record is not in use.</summary>
    public DeviceBlock? Block { get; private set; }

    /// <summary>Its number in page table entries.</summary>
    public int Number { get; init; }

    /// <summary>The process whose pages live in it.</summary>
    public ModelProcess? Process { get; private set; }

    /// <summary>Entries and migrations that use pages of it.</summary>
    public int References { get; set; }

    public bool TryBegin(AllocationGate gate, DeviceBlock block, ModelProcess process)
    {
        if (_capacity < block.Pages && !TryGrow(gate, block.Pages))
            return false;
        new Span<ulong>(_addresses, block.Pages).Fill(Nowhere);
        (Block, Process, References) = (block, process, 0);
        block.HostState = this;
        return true;
    }

    public void End()
    {
        Block!.HostState = null;
        (Block, Process) = (null, null);
    }

    /// <summary>Where a page is mapped; false for one that is not.</summary>
    public bool TryFind(int page, out ulong address)
    {
        // SAFETY: pages of the block are below the capacity.
        address = _addresses[page];
        return address != Nowhere;
    }

    public void MapAt(int page, ulong address) => _addresses[page] = address;

    public void Unmap(int page) => _addresses[page] = Nowhere;

    public void Free() => NativeBlocks.Return(_addresses);

    private bool TryGrow(AllocationGate gate, int pages)
    {
        void* larger = gate.Allow() ? NativeBlocks.TryResize(_addresses, (nuint)pages * sizeof(ulong)) : null;
        if (larger == null)
            return false;
        _addresses = (ulong*)larger;
        _capacity = pages;
        return true;
    }
}

/// <summary>The device blocks of a machine that pages live in, by number.</summary>
/// <remarks>Concurrency: none; the machine has a gate. Blocks that have lost their last page are told so by whoever leaves the
/// gate.</remarks>
internal sealed class ModelBlocks(AllocationGate gate) : IDisposable
{
    // Numbers begin at 1.
    private readonly List<ModelBlock?> _blocks = [null];
    private readonly Stack<ModelBlock> _spare = [];
    private readonly List<DeviceBlock> _released = [];

    /// <summary>Blocks that pages live in.</summary>
    public int Count { get; private set; }

    public bool HasReleased => _released.Count > 0;

    public ModelBlock this[int number] => _blocks[number]!;

    /// <summary>The record of a block that pages of a process are about to be installed in, with one reference; null without
    /// memory.</summary>
    public ModelBlock? TryUse(DeviceBlock block, ModelProcess process)
    {
        if (block.HostState is ModelBlock known)
        {
            if (!ReferenceEquals(known.Process, process))
                throw new ArgumentException("pages of another process live in the block", nameof(block));
            known.References++;
            return known;
        }

        if (!_spare.TryPop(out ModelBlock? made))
        {
            made = new ModelBlock { Number = _blocks.Count };
            _blocks.Add(made);
        }

        if (!made.TryBegin(gate, block, process))
        {
            _spare.Push(made);
            return null;
        }

        made.References = 1;
        Count++;
        return made;
    }

    /// <summary>Takes a reference away; a block without any is released when the gate is left.</summary>
    public void Release(ModelBlock block)
    {
        if (--block.References > 0)
            return;
        _released.Add(block.Block!);
        block.End();
        _spare.Push(block);
        Count--;
    }

    /// <summary>Takes the blocks that have been released.</summary>
    public void TakeReleased(List<DeviceBlock> into)
    {
        into.AddRange(_released);
        _released.Clear();
    }

    public void Dispose()
    {
        foreach (ModelBlock? block in _blocks)
            block?.Free();
        _blocks.Clear();
        _spare.Clear();
    }
}
