using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>
/// One short text for the visible state of a VM: its mode, VMAs and the contents of all tables, scratch tables and entries without mapping
/// included. Where tables are in memory does not count, so the digest stays the same when only the allocation of tables changes.
/// </summary>
internal static class StateDigest
{
    private const int DigestBytes = 8;

    public static string Of(VmState vm)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, (ulong)vm.Mode, vm.HasScratch ? 1UL : 0, (ulong)vm.Empty.Count);
        // Above level 2 an empty entry of a scratch VM holds the address of a scratch table; below, the address is none of a table, and 0.
        foreach (ulong empty in vm.Empty)
            Add(hash, empty & ~PteFormats.AddressMask);
        Add(hash, (ulong)vm.Vmas.Count, (ulong)vm.Tables.Count);
        foreach (VmaState vma in vm.Vmas)
            hash.AppendData(Encoding.UTF8.GetBytes($"{TextOf(vma)} {vma.Present} {vma.Invalidated}{(vma.IsStale ? " stale" : "")}\n"));
        foreach (TableState table in vm.Tables)
            Add(hash, table);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, DigestBytes));
    }

    /// <summary>Never changes, whatever lists show: traces hold digests.</summary>
    private static string TextOf(VmaState vma) =>
        $"[0x{vma.Start:x}, 0x{vma.End:x}) {vma.Kind}{(vma.Bo is null ? "" : $" bo={vma.Bo}")} offset=0x{vma.Offset:x}"
        + $" flags={vma.Flags} pat_index={vma.PatIndex} pages={vma.PageSizes} present={(vma.Present != 0 ? "true" : "false")}";

    private static void Add(IncrementalHash hash, TableState table)
    {
        Add(hash, (ulong)table.Tile, (ulong)table.Level, table.Va, table.IsCompact ? 1UL : 0, (ulong)table.Live,
            (ulong)table.Entries.Count);
        foreach (EntryRun run in table.Entries)
            Add(hash, (ulong)run.Index, (ulong)run.Count, run.IsChild ? run.Value & ~PteFormats.AddressMask : run.Value, run.Stride,
                run.IsChild ? 1UL : 0);
    }

    private static void Add(IncrementalHash hash, params ReadOnlySpan<ulong> words)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        foreach (ulong word in words)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, word);
            hash.AppendData(bytes);
        }
    }
}
