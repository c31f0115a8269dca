using System.Globalization;
using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>A step in which XePt and a vector differ, as far as a deviation is known by it: the outputs of XePt before and after, and what
/// the place of a fault shows in them.</summary>
/// <param name="step">The step.</param>
/// <param name="config">The device of the sequence.</param>
/// <param name="before">All outputs after the step before.</param>
/// <param name="found">All outputs after it.</param>
internal sealed class StepView(SvmStep step, JsonElement config, Dictionary<string, string> before, Dictionary<string, string> found)
{
    /// <summary>What is noted and not compared: the entry at the address of a fault lets the access pass, before and after it.</summary>
    public const string PassedBefore = "passed before", PassesAfter = "passes after";

    /// <summary>The step is a fault.</summary>
    public bool IsFault => Do == "gpu_fault";

    /// <summary>What is done.</summary>
    public string Do => step.Do;

    /// <summary>The access of a fault.</summary>
    public string Access => IsFault ? step.Input.Text("access") : "";

    /// <summary>The tile of a fault.</summary>
    public int Tile => step.Input.Number("tile");

    /// <summary>With what it has ended in XePt, if not well.</summary>
    public Errno? Errno => Found("err") is "" or "0" ? null : (Errno)int.Parse(Found("err"), CultureInfo.InvariantCulture);

    /// <summary>The VMA at the address of a fault.</summary>
    public VmaView? Vma => At("vma") is { } record ? new VmaView(record) : null;

    /// <summary>The range there.</summary>
    public RangeView? Range => At("r") is { } record ? new RangeView(record) : null;

    /// <summary>The access is one that needs the memory of the tile (FLT-050 to FLT-053).</summary>
    public bool NeedsVram => Access == "atomic" && config.Flag("dgfx") && Vma is { } vma && vma.Atomic != AtomicAccess.Cpu
        && (vma.Atomic != AtomicAccess.Device || !config.Flag("device_atomics_smem"));

    /// <summary>Device memory may stay where it is when pages are collected (SVM-043, SVM-044).</summary>
    public bool HasTarget => config.Flag("dgfx") && Vma is { } vma && (NeedsVram || vma.PrefersDevice);

    /// <summary>An output after the step, as text.</summary>
    public string Found(string key) => found.GetValueOrDefault(key, "");

    /// <summary>An output after the step before, as text.</summary>
    public string Before(string key) => before.GetValueOrDefault(key, "");

    /// <summary>The records of a state.</summary>
    public static JsonElement[] Records(string text)
    {
        if (text.Length == 0)
            return [];
        using JsonDocument json = JsonDocument.Parse(text);
        return [.. json.RootElement.Clone().EnumerateArray()];
    }

    private JsonElement? At(string state)
    {
        ulong address = step.Input.Hex("addr");
        foreach (JsonElement record in Records(Found(state)))
        {
            if (record[0].ToUInt64(state) <= address && address < record[1].ToUInt64(state))
                return record;
        }

        return null;
    }
}

/// <summary>A record of <c>vma</c>.</summary>
internal readonly struct VmaView(JsonElement record)
{
    private readonly string _flags = record[2].ToText("vma");

    public bool IsMirror => _flags.Contains('M', StringComparison.Ordinal);

    public bool IsReadOnly => _flags.Contains('R', StringComparison.Ordinal);

    public bool IsUserptr => _flags.Contains('U', StringComparison.Ordinal);

    public bool HasBo => record[3].GetInt32() >= 0;

    public AtomicAccess Atomic => (AtomicAccess)record[5].GetInt32();

    public int Pat => record[6].GetInt32();

    /// <summary>The preferred location is device memory: that of the faulting tile, or a tile that the file descriptor names.</summary>
    public bool PrefersDevice => record[8].GetInt32() == 0 || record[10].GetInt32() >= 0;
}

/// <summary>A record of <c>r</c>.</summary>
internal readonly struct RangeView(JsonElement record)
{
    private readonly string _flags = record[2].ToText("r");

    public ulong Start => record[0].ToUInt64("r");

    public ulong End => record[1].ToUInt64("r");

    public bool Migrates => _flags.Contains('m', StringComparison.Ordinal);

    public bool HasPages => _flags.Contains('d', StringComparison.Ordinal);

    /// <summary>How large it is, as counters are named.</summary>
    public string SizeName => (End - Start) switch { 0x1000 => "4K", 0x10000 => "64K", _ => "2M" };
}
