namespace XePt;

/// <summary>A store that keeps each buffer object's contents in a place of their own, whatever memory of the device the object is in: when
/// it moves, no byte has to. A process that shows an object to its CPU needs that.</summary>
public interface IBoStore : IGpuStore
{
    /// <summary>A buffer object gets memory for the first time. Any thread, inside the device: short, and without a call of the
    /// engine.</summary>
    /// <param name="size">Bytes, whole pages.</param>
    /// <returns>Its contents, all zero; null when there is no memory for them: then they are kept as those of other memory.</returns>
    IBoContents? Begin(ulong size);
}
