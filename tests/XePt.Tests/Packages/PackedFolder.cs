using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace XePt.Tests.Packages;

/// <summary>All packages of this build, packed for the first test of a class that asks for them into a place of their own: the folder is
/// made also when none of its tests is run.</summary>
public sealed class PackedFolder : IDisposable
{
    private readonly Lazy<string> _packages;

    public PackedFolder() => _packages = new Lazy<string>(PackAll);

    /// <summary>A folder outside of the repository, whose path has a blank.</summary>
    public string Place { get; } = Directory.CreateTempSubdirectory("xept packages ").FullName;

    public string Packages => _packages.Value;

    /// <summary>How this build was made.</summary>
    public static string Configuration =>
        typeof(PackedFolder).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The kind of machine that this one is, as the names of packages have it.</summary>
    public static string Machine => RuntimeInformation.RuntimeIdentifier;

    internal ZipArchive Open(string id) => Open(Packages, id);

    internal XElement Metadata(string id) => Metadata(Packages, id);

    /// <summary>Packs one library as another clone or another build would.</summary>
    internal XElement MetadataWith(string id, string project, string option)
    {
        string place = Directory.CreateTempSubdirectory("xept package ").FullName;
        try
        {
            Pack(project, place, "--no-build", option);
            return Metadata(place, id);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private static ZipArchive Open(string packages, string id) =>
        ZipFile.OpenRead(Directory.GetFiles(packages, $"{id}.?.*.nupkg").Single());

    private static XElement Metadata(string packages, string id)
    {
        using ZipArchive package = Open(packages, id);
        using Stream nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    private string PackAll()
    {
        string packages = Path.Combine(Place, "feed");
        foreach (string project in new[] { "Uapi", "PtEngine", "TlbModel", "CommandStreamer", "Cli.Profile" })
            Pack(project, packages, "--no-build");
        // As README says: what is compiled ahead of time was not built yet. A warning of that would be an error.
        Pack("Cli", packages, "-p:TrimmerSingleWarn=false");
        return packages;
    }

    private static void Pack(string project, string packages, params string[] options) => Shell.Run(
        RepositoryPaths.Root, "dotnet",
        ["pack", Path.Combine("src", project), "-c", Configuration, .. options, "-o", packages, "--nologo", "-nodeReuse:false"]);

    public void Dispose() => Directory.Delete(Place, recursive: true);
}
