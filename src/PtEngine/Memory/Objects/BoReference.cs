namespace XePt.Memory;

/// <summary>A BO that a call has found by its handle, with a reference for as long as the call runs: another thread may close the handle
/// meanwhile.</summary>
internal readonly ref struct BoReference(BoTable bos, BufferObject? found)
{
    /// <summary>The BO, or null when the handle names none, or one that is just going away.</summary>
    public BufferObject? Bo { get; } = found is not null && found.TryAddReference() ? found : null;

    public void Dispose()
    {
        if (Bo is not null)
            bos.DropReference(Bo.Slot);
    }
}
