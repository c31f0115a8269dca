using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;

namespace XePt.Tests.Packages;

/// <summary>All packages of this build, packed once for the tests of a class into a place of their own.</summary>
public sealed class PackedFolder : IDisposable
{
    public PackedFolder()
    {
        foreach (string project in new[] { "Uapi", "PtEngine", "TlbModel", "Cli" })
        {
            Shell.Run(
                RepositoryPaths.Root, "dotnet", "pack", Path.Combine("src", project), "-c", Configuration, "--no-build", "-o", Packages,
                "--nologo", "-nodeReuse:false");
        }
    }

    /// <summary>A folder outside of the repository, whose path has a blank.</summary>
    public string Place { get; } = Directory.CreateTempSubdirectory("xept packages ").FullName;

    public string Packages => Path.Combine(Place, "feed");

    private static string Configuration =>
        typeof(PackedFolder).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    internal ZipArchive Open(string id) => ZipFile.OpenRead(Directory.GetFiles(Packages, $"{id}.?.*.nupkg").Single());

    internal XElement Metadata(string id)
    {
        using ZipArchive package = Open(id);
        using Stream nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    public void Dispose() => Directory.Delete(Place, recursive: true);
}
