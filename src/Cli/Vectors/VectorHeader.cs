using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.Vectors.Svm;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors;

/// <summary>The config records at the head of a vector file.</summary>
internal sealed class VectorHeader
{
    private readonly Dictionary<string, VectorConfig> _configs;

    private VectorHeader(IEnumerable<VectorConfig> configs)
    {
        _configs = [];
        foreach (VectorConfig config in configs)
        {
            if (!_configs.TryAdd(config.Name, config))
                throw new MalformedRecordException($"two config records have the name {config.Name}");
        }
    }

    /// <summary>The header of a file that has none.</summary>
    public static VectorHeader None { get; } = new([]);

    /// <summary>What an SVM file is about; null in others.</summary>
    public SvmFileKind? Svm { get; private init; }

    /// <summary>The PAT table of an SVM file's devices; null where none is given.</summary>
    public PatTable? SvmPat { get; private init; }

    /// <summary>The only config of a bind file, or null.</summary>
    public VectorConfig? Single => _configs.Count == 1 ? _configs.Values.First() : null;

    /// <summary>The config that a case names.</summary>
    public VectorConfig ConfigOf(JsonElement line) => _configs.TryGetValue(line.Text("config"), out VectorConfig? config)
        ? config
        : throw new MalformedRecordException($"'config' names no config record of the file: {JsonValues.Quote(line.Field("config"))}");

    /// <summary>Whether a line is a header and not a case.</summary>
    public static bool IsHeader(JsonElement line) =>
        line.ValueKind == JsonValueKind.Object
            && (line.TryGetProperty("configs", out _) || line.TryGetProperty("device", out _) || IsSvmHeader(line));

    /// <summary>The header on a file's first line, or <see cref="None"/> when that is a case already.</summary>
    public static VectorHeader ReadIfHeader(JsonElement line) =>
        !IsHeader(line) ? None
        : IsSvmHeader(line) ? SvmOf(line, line.Text("file"))
        : new VectorHeader(
            line.TryGetProperty("configs", out _) ? line.Items("configs").Select(VectorConfig.Read) : [VectorConfig.Read(line)]);

    private static VectorHeader SvmOf(JsonElement line, string file) => new([])
    {
        Svm = file switch
        {
            "svm_core" => SvmFileKind.Core,
            "svm_pages" => SvmFileKind.Pages,
            "svm_args" => SvmFileKind.Args,
            _ => SvmFileKind.Vm,
        },
        SvmPat = line.TryGetProperty("pat", out JsonElement pat) ? PatOf(pat) : null,
    };

    private static PatTable PatOf(JsonElement pat)
    {
        JsonElement[] coherency = pat.Field("coh").ToArray("coh", pat.Number("n"));
        JsonElement[] compression = pat.Field("comp").ToArray("comp", coherency.Length);
        return new PatTable
        {
            Entries = [.. coherency.Zip(
                compression, (coh, comp) => new PatEntry(0, (PatCoherency)coh.ToIndex("coh", 0, 2), comp.ToIndex("comp", 0, 1) != 0))],
            IndexNone = 0,
            IndexWriteThrough = 0,
            IndexWriteBack = 0,
        };
    }

    /// <summary>SVM files begin with a record that names its own file.</summary>
    private static bool IsSvmHeader(JsonElement line) =>
        line.TryGetProperty("file", out JsonElement file) && file.ValueKind == JsonValueKind.String
            && file.GetString()!.StartsWith("svm_", StringComparison.Ordinal);
}
