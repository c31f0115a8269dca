namespace XePt;

/// <summary>A store that keeps each buffer object's contents in a place of their own, whatever memory of the device the object is in: when
/// it moves, no byte has to. A process that shows an object to its CPU needs that.</summary>
public interface IBoStore : IGpuStore
{
    /// <summary>A buffer object gets memory for the first time. Any thread, inside the device: short, and without a call of the
    /// engine.</summary>
    /// <param name="bo">What it is.</param>
    /// <returns>Its contents, all zero; null when there is no memory for them: then they are kept as those of other memory.</returns>
    IBoContents? Begin(in BoTraits bo);

    /// <summary>Another device has imported a buffer object, and this is that device's store: the contents are to be found in its memory,
    /// too. Where and when as <see cref="Begin"/>.</summary>
    /// <param name="contents">Those of the object.</param>
    /// <returns>The same bytes, as contents of this store; null when that cannot be: then the device is told the addresses that the object
    /// has in the other one.</returns>
    IBoContents? Share(IBoContents contents) => null;
}
