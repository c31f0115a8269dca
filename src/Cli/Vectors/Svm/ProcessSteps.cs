using System.Text.Json;
using XePt.Cli.Input;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>What the CPU does in a sequence, on the model of a process.</summary>
internal static class ProcessSteps
{
    private static readonly (string Word, CpuProtection Value)[] Protections = [
        ("rw", CpuProtection.ReadWrite), ("r", CpuProtection.Read), ("none", CpuProtection.None)];

    private static readonly (string Word, CpuVmaKind Value)[] Kinds = [
        ("anon", CpuVmaKind.Anonymous), ("file", CpuVmaKind.File), ("shmem", CpuVmaKind.Shared), ("hugetlb", CpuVmaKind.HugeTlb),
        ("io", CpuVmaKind.Io)];

    private static readonly (string Word, CpuChangeKind Value)[] Changes = [
        ("unmap", CpuChangeKind.Unmap), ("clear", CpuChangeKind.Clear), ("prot_vma", CpuChangeKind.ProtectionVma),
        ("prot_page", CpuChangeKind.ProtectionPage), ("soft_dirty", CpuChangeKind.SoftDirty), ("exclusive", CpuChangeKind.Exclusive),
        ("migrate", CpuChangeKind.Migrate), ("release", CpuChangeKind.Release)];

    public static string WordOf(CpuChangeKind kind) => Changes.First(change => change.Value == kind).Word;

    public static string WordOf(CpuProtection protection) => Protections.First(item => item.Value == protection).Word;

    public static string WordOf(CpuVmaKind kind) => Kinds.First(item => item.Value == kind).Word;

    /// <summary>Does a step; null when it is none of the CPU's.</summary>
    public static Errno? TryRun(ModelProcess process, JsonElement step) => step.Text("do") switch
    {
        "map" => process.Map(
            AddressRange.OfSize(step.Hex("start"), SizeOf(step)), step.OneOf("prot", Protections), step.OneOf("kind", Kinds)),
        "unmap" => process.Unmap(AddressRange.OfSize(step.Hex("start"), SizeOf(step))),
        "protect" => process.Protect(AddressRange.OfSize(step.Hex("start"), SizeOf(step)), step.OneOf("prot", Protections)),
        // The pages of every kind of mapping are dropped, and there are no files behind them that would keep them.
        "discard" => process.Remove(AddressRange.OfSize(step.Hex("start"), SizeOf(step))),
        "touch" => process.Touch(new AddressRange(step.Hex("start"), step.Hex("end")), step.Flag("write"), step.Flag("huge")),
        "event" => Raise(process, step),
        "pin" => Pin(process, step),
        "gone" => Lose(process),
        _ => null,
    };

    private static ulong SizeOf(JsonElement step) => step.Hex("end") - step.Hex("start");

    private static Errno Raise(ModelProcess process, JsonElement step)
    {
        process.Raise(step.OneOf("kind", Changes), new AddressRange(step.Hex("start"), step.Hex("end")));
        return Errno.Ok;
    }

    private static Errno Pin(ModelProcess process, JsonElement step)
    {
        process.SetPinned(new AddressRange(step.Hex("start"), step.Hex("end")), step.Flag("pin"));
        return Errno.Ok;
    }

    private static Errno Lose(ModelProcess process)
    {
        process.LoseUsers();
        return Errno.Ok;
    }
}
