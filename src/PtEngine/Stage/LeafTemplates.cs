namespace XePt.Stage;

/// <summary>All bits of a VMA's leaves but the address, per level and per kind of memory (PT-024, PT-031).</summary>
internal struct LeafTemplates
{
    public ulong System4K, System2M, System1G;
    public ulong Vram4K, Vram2M, Vram1G;

    public readonly ulong For(int level, bool isVram) => (level, isVram) switch
    {
        (0, false) => System4K,
        (1, false) => System2M,
        (_, false) => System1G,
        (0, true) => Vram4K,
        (1, true) => Vram2M,
        _ => Vram1G,
    };
}
