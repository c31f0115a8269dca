namespace XePt;

/// <summary>What the GPU wanted to do when it faulted.</summary>
public enum GpuAccessKind : byte
{
    /// <summary>Read.</summary>
    Read = 0,

    /// <summary>Write.</summary>
    Write = 1,

    /// <summary>Read and write in one step that nobody comes between.</summary>
    Atomic = 2,
}
