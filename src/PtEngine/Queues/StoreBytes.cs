using XePt.Host;
using XePt.Memory;
using XePt.Uapi.Formats;

namespace XePt.Queues;

/// <summary>A store of the embedder's as the memory of a device, or as system memory.</summary>
internal sealed class StoreBytes(IGpuStore store, PteFormatId format, bool isDevice) : IDeviceBytes
{
    private const int PageBytes = (int)PageSizes.Size4K;

    /// <summary>The store.</summary>
    public IGpuStore Store => store;

    /// <inheritdoc/>
    public bool IsBlank => false;

    public bool TryRead(ulong address, Span<byte> into) => store.TryRead(At(address), into);

    public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => store.TryWrite(At(address), from);

    public bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found) =>
        store.TryCompareExchange(At(address), bytes, expected, desired, out found);

    /// <inheritdoc/>
    public void Clear(ulong address, ulong size)
    {
        for (ulong end = address + size; address < end; address += PageBytes)
            store.Clear(At(address), PageBytes);
    }

    private Translation At(ulong address)
    {
        ulong entry = (address & PteFormats.AddressMask) | PteFormats.Present | PteFormats.Writable
            | (isDevice ? PteFormats.DeviceMemory : 0);
        return new Translation(TranslationStatus.Mapped, 0, false, format, address, entry);
    }
}
