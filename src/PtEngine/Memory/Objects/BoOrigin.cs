namespace XePt.Memory;

/// <summary>What an imported BO has its memory from: an object of another device.</summary>
internal abstract class BoOrigin
{
    /// <summary>The imported BO is gone and does not need the memory any more.</summary>
    public abstract void Leave();
}
