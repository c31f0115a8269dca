using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace XePt.Tests.Packages;

/// <summary>All packages of this build, packed once for the tests of a class into a place of their own.</summary>
public sealed class PackedFolder : IDisposable
{
    public PackedFolder()
    {
        foreach (string project in new[] { "Uapi", "PtEngine", "TlbModel", "CommandStreamer", "Cli.Profile" })
            Pack(project, "--no-build");
        // As README says: what is compiled ahead of time was not built yet. A warning of that would be an error.
        Pack("Cli", "-p:TrimmerSingleWarn=false");
    }

    /// <summary>A folder outside of the repository, whose path has a blank.</summary>
    public string Place { get; } = Directory.CreateTempSubdirectory("xept packages ").FullName;

    public string Packages => Path.Combine(Place, "feed");

    private static string Configuration =>
        typeof(PackedFolder).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The kind of machine that this one is, as the names of packages have it.</summary>
    public static string Machine => RuntimeInformation.RuntimeIdentifier;

    internal ZipArchive Open(string id) => ZipFile.OpenRead(Directory.GetFiles(Packages, $"{id}.?.*.nupkg").Single());

    internal XElement Metadata(string id)
    {
        using ZipArchive package = Open(id);
        using Stream nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    private void Pack(string project, string option) => Shell.Run(
        RepositoryPaths.Root, "dotnet", "pack", Path.Combine("src", project), "-c", Configuration, option, "-o", Packages, "--nologo",
        "-nodeReuse:false");

    public void Dispose() => Directory.Delete(Place, recursive: true);
}
