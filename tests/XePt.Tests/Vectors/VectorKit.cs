using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using XePt.Cli;

namespace XePt.Tests.Vectors;

/// <summary>What a run of the tool left.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>The output as JSON.</summary>
    public JsonObject Json => JsonNode.Parse(Output)!.AsObject();
}

/// <summary>Vector files for tests: recorded lines, changed copies of them, and the tool run on them.</summary>
internal sealed class VectorKit : IDisposable
{
    private const string Extension = ".jsonl.gz";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xept-vectors-");

    /// <summary>The folder that files are written to; it is deleted in the end.</summary>
    public string Folder => _folder.FullName;

    /// <summary>The recorded vector files.</summary>
    public static IEnumerable<string> Files => Directory.GetFiles(RepositoryPaths.Vectors, "*" + Extension).Order(StringComparer.Ordinal);

    /// <summary>Lines of a recorded file.</summary>
    public static IEnumerable<string> Lines(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(PathOf(file)), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    /// <summary>A line of a recorded file, from 1.</summary>
    public static JsonObject Line(string file, int number) => JsonNode.Parse(Lines(file).ElementAt(number - 1))!.AsObject();

    /// <summary>The name without folders and extension.</summary>
    public static string NameOf(string path) => Path.GetFileName(path)[..^Extension.Length];

    /// <summary>Path of a recorded file, by name without extension.</summary>
    public static string PathOf(string file) => Path.Combine(RepositoryPaths.Vectors, file + Extension);

    /// <summary>Writes a file of lines.</summary>
    public string Write(string name, params IEnumerable<object> lines)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, string.Concat(lines.Select(line => $"{(line is JsonNode json ? json.ToJsonString() : line)}\n")));
        return path;
    }

    /// <summary>Writes a file of bytes.</summary>
    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Runs <c>xept verify</c>.</summary>
    public static ToolResult Verify(params string[] args)
    {
        var output = new StringWriter(new StringBuilder());
        var error = new StringWriter(new StringBuilder());
        int exitCode = XeptTool.Run(["verify", .. args], output, error);
        return new ToolResult(exitCode, output.ToString(), error.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
