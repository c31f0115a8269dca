using XePt.Epochs;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tlb;

/// <summary>Keeps table memory from being used again until a TLB invalidation is really acknowledged: a TLB that has not answered is a
/// reader that has not left.</summary>
/// <remarks>Concurrency: the pin is taken by the thread that closes a VM, before the tables are retired, and lifted by the thread that
/// acknowledges.</remarks>
// SAFETY: the entry is one that Enter gave, and it is given back once: by Fire, or by Hold when there is nothing to wait for.
internal sealed unsafe class AcknowledgementPin : FenceCallback
{
    private readonly EpochDomain _epochs;
    private readonly long* _entry;

    private AcknowledgementPin(EpochDomain epochs)
    {
        _epochs = epochs;
        _entry = epochs.Enter();
    }

    /// <summary>Pins until a fence signals.</summary>
    public static void Hold(EpochDomain epochs, Fence acknowledged)
    {
        if (acknowledged.IsSignalled)
            return;

        var pin = new AcknowledgementPin(epochs);
        if (!acknowledged.TryAdd(pin))
            epochs.Exit(pin._entry);
    }

    protected override void Fire(Errno error) => _epochs.Exit(_entry);
}
