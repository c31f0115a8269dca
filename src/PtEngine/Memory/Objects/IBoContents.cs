namespace XePt;

/// <summary>The contents of one buffer object in a store that keeps them apart (<c>IBoStore</c>).</summary>
/// <remarks>Any thread; one call at a time.</remarks>
public interface IBoContents
{
    /// <summary>From now on the contents are what is found at these addresses, too. Nobody else uses them any more.</summary>
    /// <returns>False when that cannot be: then nothing has changed, the contents are copied to where the object is, and
    /// <see cref="End"/> follows.</returns>
    bool TryShow(ReadOnlySpan<BoPiece> pieces);

    /// <summary>The addresses lead there no more; what is written to them from now on concerns nobody.</summary>
    void Hide(ReadOnlySpan<BoPiece> pieces);

    /// <summary>The object is gone, or does without; CPUs that still see the contents keep them.</summary>
    void End();
}
