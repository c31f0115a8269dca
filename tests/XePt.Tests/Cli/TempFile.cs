namespace XePt.Tests.Cli;

/// <summary>A file that is gone after the test.</summary>
internal sealed class TempFile : IDisposable
{
    /// <summary>The header of most test traces.</summary>
    public const string Header = """{"xetrace":1,"platform":"bmg"}""";

    public TempFile(byte[] content) => File.WriteAllBytes(Path, content);

    /// <summary>Where it is.</summary>
    public string Path { get; } = System.IO.Path.GetTempFileName();

    /// <summary>A trace with the usual header.</summary>
    public static TempFile Trace(params string[] records) => Lines([Header, .. records]);

    public static TempFile Lines(params string[] lines) => new(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));

    public void Dispose() => File.Delete(Path);
}
