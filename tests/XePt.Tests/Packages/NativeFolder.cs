namespace XePt.Tests.Packages;

/// <summary>The native library, published for the first test that asks for it, into a place outside of the repository whose path
/// has a blank.</summary>
public sealed class NativeFolder : IDisposable
{
    private readonly Lazy<string> _prefix;

    public NativeFolder() => _prefix = new Lazy<string>(Publish);

    /// <summary>A folder outside of the repository.</summary>
    public string Place { get; } = Directory.CreateTempSubdirectory("xept native ").FullName;

    /// <summary>Where the library is laid out.</summary>
    public string Prefix => _prefix.Value;

    /// <summary>A place for a consumer.</summary>
    internal string Consumer(string name) => Directory.CreateDirectory(Path.Combine(Place, name)).FullName;

    private string Publish()
    {
        string prefix = Path.Combine(Place, "prefix");
        Shell.Run(
            RepositoryPaths.Root, "dotnet", "publish", Path.Combine("src", "Native"), "-c", "Release", "--use-current-runtime",
            "-warnaserror", "-o", prefix, "--nologo", "-nodeReuse:false");
        return prefix;
    }

    public void Dispose() => Directory.Delete(Place, recursive: true);
}

/// <summary>The classes of tests that share one.</summary>
[CollectionDefinition(nameof(NativeFolder))]
public sealed class NativeFolderUsers : ICollectionFixture<NativeFolder>;
