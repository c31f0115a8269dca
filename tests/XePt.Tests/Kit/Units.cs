namespace XePt.Tests.Kit;

/// <summary>Byte counts, made for <c>using static</c>.</summary>
internal static class Units
{
    public const ulong KiB = 1ul << 10;
    public const ulong MiB = 1ul << 20;
    public const ulong GiB = 1ul << 30;
    public const ulong TiB = 1ul << 40;
    public const ulong Page = 4 * KiB;
}
