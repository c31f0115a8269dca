using XePt.Cli.Input;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;
using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>One entry that a walk reads.</summary>
/// <param name="IsScratch">It leads to the scratch pages of the VM: nothing is mapped there.</param>
internal readonly record struct WalkedEntry(int Level, int Index, ulong TableAddress, bool IsCompact, ulong Value, bool IsScratch);

/// <summary>How one address is translated.</summary>
/// <param name="Steps">Entries from the root down; the last one decides.</param>
/// <param name="Result">What they say.</param>
/// <param name="Vma">The VMA there, or null.</param>
internal sealed record AddressWalk(XeVm Vm, int Tile, ulong Va, IReadOnlyList<WalkedEntry> Steps, Translation Result, VmaState? Vma)
{
    private const ulong TableMask = 0xfff;

    /// <summary>What the trace calls the client that the VM is of; null for the first one.</summary>
    public string? Client { get; private init; }

    /// <summary>What to call the VM.</summary>
    public required string Name { get; init; }

    public static AddressWalk Of(Replay replay, VmOfClient chosen, ulong va, int tile)
    {
        XeVm vm = chosen.Vm;
        // Names of BOs are those of the VM's client and device.
        replay.Player.Use(chosen.Client);
        if ((uint)tile >= (uint)vm.File.Device.Platform.TileCount)
            throw new InputException(replay.Name, 0, $"the device has no tile {tile}");
        if (va >= vm.Size)
            throw new InputException(replay.Name, 0, $"0x{va:x} is beyond vm {chosen.Name}, which ends at 0x{vm.Size:x}");

        Translation result = vm.Translate(va, tile);
        VmaState? vma = vm.FindVma(va) is { } found ? StateCapture.Of(found, replay.Player) : null;
        // A bound NULL VMA may have the very entries that scratch pages have.
        bool maySeeScratch = vm.HasScratch && !(vma is { Kind: "null" } && (vma.Present & ~vma.Invalidated & (1 << tile)) != 0);
        WalkedEntry[] steps = [.. vm.TraceWalk(va, tile).Select(step => new WalkedEntry(
            step.Level, (int)(step.EntryAddress & TableMask) / sizeof(ulong), step.EntryAddress & ~TableMask,
            step.Level == 0 && result.IsCompact, step.Entry, maySeeScratch && step.Entry == vm.EmptyEntry(step.Level, tile)))];
        return new AddressWalk(vm, tile, va, steps, result, vma) { Client = chosen.Client.Name, Name = chosen.Name };
    }

    /// <summary>Whether nothing is mapped there, and the VM has scratch pages for that.</summary>
    public bool IsScratch => Result.Status == TranslationStatus.Null && Steps[^1].IsScratch;

    /// <summary>The outcome as one word.</summary>
    public string StatusText => Result.Status switch
    {
        TranslationStatus.Null when IsScratch => "scratch",
        TranslationStatus.Mapped => "mapped",
        TranslationStatus.Null => "null",
        TranslationStatus.NotPresent => "not-present",
        TranslationStatus.OutOfRange => "out-of-range",
        _ => "bad-table",
    };

    /// <summary>The outcome as a sentence.</summary>
    public string ResultText => Result.Status switch
    {
        TranslationStatus.Mapped =>
            $"0x{Va:x} is {Memory} address 0x{Result.Address:x}, {Access}, in a page of {CallText.Bytes(Result.PageSize)}",
        TranslationStatus.Null when IsScratch =>
            $"0x{Va:x} is not mapped: it hits a scratch page of {CallText.Bytes(Result.PageSize)}, which reads zero and drops writes",
        TranslationStatus.Null => $"0x{Va:x} reads zero and drops writes, in a page of {CallText.Bytes(Result.PageSize)}",
        TranslationStatus.NotPresent => $"0x{Va:x} is not mapped: the walk ends at level {Result.Level}, the access faults",
        _ => $"0x{Va:x} cannot be walked: {StatusText}",
    };

    private string Memory => Result.Decode().DeviceMemory ? "device memory" : "system memory";

    private string Access => Result.IsWritable ? "writable" : "read-only";
}
