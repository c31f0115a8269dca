using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using XePt.Tests.Cli;

namespace XePt.Tests.Packages;

/// <summary>What is in the packages, and that somebody who has nothing else can use them. Run when asked for (<c>-explicit only</c>), as CI
/// does: they need a Release build of the solution, and a native linker for NativeAOT.</summary>
public partial class PackageTests(PackedFolder folder) : IClassFixture<PackedFolder>
{
    public static TheoryData<string> Ids => [
        "XePt", "XePt.Uapi", "XePt.TlbModel", "XePt.CommandStreamer", "XePt.Tool", "XePt.Tool.Profile"];

    [Theory(Explicit = true), MemberData(nameof(Ids))]
    public void A_package_says_what_it_is(string id)
    {
        XElement metadata = folder.Metadata(id);
        Assert.Equal(id, Text("id"));
        Assert.Equal("MIT", Text("license"));
        Assert.Equal("The XePt authors", Text("authors"));
        Assert.NotEqual("", Text("tags"));
        XElement repository = metadata.Elements().Single(IsNamed("repository"));
        string commit = Shell.Run(RepositoryPaths.Root, "git", "rev-parse", "HEAD").Trim();
        Assert.Equal(("git", commit), (repository.Attribute("type")!.Value, repository.Attribute("commit")!.Value));
        Assert.Single(Ids, other => folder.Metadata(other).Elements().Single(IsNamed("description")).Value == Text("description"));

        using ZipArchive package = folder.Open(id);
        Span<byte> signature = stackalloc byte[8];
        using (Stream icon = package.GetEntry(Text("icon"))!.Open())
            icon.ReadExactly(signature);
        Assert.Equal("\x89PNG\r\n\x1a\n"u8[^7..], signature[1..]);

        string readme = new StreamReader(package.GetEntry(Text("readme"))!.Open()).ReadToEnd();
        Assert.StartsWith($"# {id}\n", readme.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        // A package's page is not the repository: what is linked there must be a whole address.
        Assert.All(Link().Matches(readme), link => Assert.StartsWith("https://", link.Groups[1].Value, StringComparison.Ordinal));

        string Text(string name) => metadata.Elements().Single(IsNamed(name)).Value;
    }

    /// <summary>The address of the clone where that is a public one, or the one that the build is given; else none, never a
    /// folder.</summary>
    [Theory(Explicit = true)]
    [InlineData("-p:PrivateRepositoryUrl=https://example.invalid/xept", "https://example.invalid/xept")]
    [InlineData("-p:RepositoryUrl=https://example.invalid/other", "https://example.invalid/other")]
    [InlineData("-p:PrivateRepositoryUrl=file:///somewhere/xept", null)]
    public void A_package_names_the_public_address_of_its_repository(string option, string? address)
    {
        XElement repository = folder.MetadataWith("XePt.Uapi", "Uapi", option).Elements().Single(IsNamed("repository"));
        Assert.Equal(address, repository.Attribute("url")?.Value);
        Assert.Matches("^[0-9a-f]{40}$", repository.Attribute("commit")!.Value);
    }

    [Theory(Explicit = true)]
    [InlineData("XePt", "XePt.PtEngine", "XePt.Uapi")]
    [InlineData("XePt.Uapi", "XePt.Uapi")]
    [InlineData("XePt.TlbModel", "XePt.TlbModel", "XePt")]
    [InlineData("XePt.CommandStreamer", "XePt.CommandStreamer", "XePt")]
    public void A_library_comes_with_documentation_symbols_and_sources(string id, string assembly, params string[] dependencies)
    {
        using ZipArchive package = folder.Open(id);
        Assert.NotNull(package.GetEntry($"lib/net10.0/{assembly}.xml"));
        AssertHasSources(package.GetEntry($"lib/net10.0/{assembly}.dll")!);
        Assert.Equal(dependencies, Dependencies(id));
    }

    [Theory(Explicit = true)]
    [InlineData("XePt.Tool.any")]
    [InlineData("XePt.Tool.Profile")]
    public void A_portable_tool_brings_all_its_assemblies_and_needs_no_package(string id)
    {
        using ZipArchive package = folder.Open(id);
        foreach (string assembly in new[] { "xept", "XePt.PtEngine", "XePt.Uapi", "XePt.TlbModel" })
            AssertHasSources(package.Entries.Single(entry => entry.Name == assembly + ".dll"));
        Assert.Empty(Dependencies(id));
        Assert.DoesNotContain(
            package.Entries,
            entry => entry.Name.EndsWith(".resources.dll", StringComparison.Ordinal) || entry.Name == "XePt.PtEngine.xml");
    }

    [Fact(Explicit = true)]
    public void The_tool_is_a_native_program_on_this_kind_of_machine_and_portable_on_others()
    {
        using ZipArchive package = folder.Open($"XePt.Tool.{PackedFolder.Machine}");
        // What xept exec preloads is there where it could be compiled.
        string[] libraries = HasNode ? ["libxept-record.so", "libxept-rendernode.so", "libxept.so.1"] : [];
        Assert.Equal(
            ["DotnetToolSettings.xml", .. libraries, OperatingSystem.IsWindows() ? "xept.exe" : "xept"],
            package.Entries.Where(entry => entry.FullName.StartsWith("tools/", StringComparison.Ordinal))
                .Select(entry => entry.Name).Order());

        using ZipArchive leading = folder.Open("XePt.Tool");
        using Stream settings = leading.Entries.Single(entry => entry.Name == "DotnetToolSettings.xml").Open();
        Assert.Equal(
            [$"XePt.Tool.{PackedFolder.Machine}", "XePt.Tool.any"],
            XDocument.Load(settings).Descendants("RuntimeIdentifierPackage").Select(element => element.Attribute("Id")!.Value));
    }

    [Fact(Explicit = true)]
    public void Without_a_compiler_it_is_said_what_will_not_be_there()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "gcc and clang are what links it on Linux");
        string into = Path.Combine(folder.Place, "without a compiler");
        string said = Shell.RunTo(
            1, RepositoryPaths.Root, "env", $"PATH={Shell.PathOf(folder.Place)}", "dotnet", "pack", Path.Combine("src", "Cli"), "-c",
            PackedFolder.Configuration, "--no-build", "-o", into, "--nologo", "-nodeReuse:false");
        Assert.Contains(
            "error : Neither gcc nor clang is on PATH, one of which links the tool: there will be no native xept, and no libraries for "
                + "xept exec.", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(into));
        // With clang there is a tool, and nothing that it could preload.
        said = Shell.Run(
            RepositoryPaths.Root, "env", $"PATH={Shell.PathOf(folder.Place, "clang")}", "dotnet", "msbuild",
            Path.Combine("src", "Cli", "XePt.Cli.csproj"), "-t:BuildRenderNode", "-p:_IsPacking=true", "-v:minimal", "-nologo",
            "-nodeReuse:false");
        Assert.Contains(
            "gcc is not on PATH: the package has no libxept.so.1, libxept-rendernode.so and libxept-record.so, and its xept exec needs "
                + "--library.", said, StringComparison.Ordinal);
    }

    /// <summary>Both do the same; and the companion that they do without is found once it is installed.</summary>
    [Fact(Explicit = true)]
    public void The_tool_runs_natively_and_portably()
    {
        string trace = Path.Combine(RepositoryPaths.Root, "samples", "mirror-lifecycle.xetrace");
        string tools = Path.Combine(folder.Place, "some tools"), portable = Path.Combine(folder.Place, "portable tool");
        Shell.Run(folder.Place, "dotnet", "tool", "install", "XePt.Tool", "--tool-path", tools, "--source", folder.Packages);
        ZipFile.ExtractToDirectory(Directory.GetFiles(folder.Packages, "XePt.Tool.any.*.nupkg").Single(), portable);
        string expected = CliRun.Of("run", trace).Out;
        Assert.Equal(expected, Shell.Run(folder.Place, Path.Combine(tools, "xept"), "run", trace));
        Assert.Equal(
            expected, Shell.Run(folder.Place, "dotnet", Path.Combine(portable, "tools", "net10.0", "any", "xept.dll"), "run", trace));

        // A program of the system's, which looks for devices, in a place that has nothing of the repository.
        string look = HasNode
            ? Shell.Run(folder.Place, Path.Combine(tools, "xept"), "exec", "--platform", "lnl", "--devices", "2", "--", "ls", "/dev/dri")
            : Shell.RunTo(2, folder.Place, Path.Combine(tools, "xept"), "exec", "--", "ls", "/dev/dri");
        Assert.Contains(HasNode ? "renderD129\n" : "is neither beside xept", look, StringComparison.Ordinal);

        Shell.Run(folder.Place, "dotnet", "tool", "install", "XePt.Tool.Profile", "--tool-path", tools, "--source", folder.Packages);
        Assert.Contains(
            "Validate", Shell.Run(folder.Place, Path.Combine(tools, "xept"), "profile", trace), StringComparison.Ordinal);
    }

    /// <summary>A project outside the repository: the sample simulator as its program, and nothing but the folder of packages.</summary>
    [Fact(Explicit = true)]
    public void A_consumer_builds_and_runs_with_the_packages_alone()
    {
        string place = Consumer("built");
        Shell.Run(place, "dotnet", "build", "-c", "Release", "-warnaserror", "--nologo", "-nodeReuse:false");
        AssertSampleRan(Shell.Run(place, Path.Combine(place, "bin", "Release", "net10.0", "Consumer")));
    }

    /// <summary>What the READMEs show can be copied as it stands.</summary>
    [Theory(Explicit = true)]
    [InlineData("README.md")]
    [InlineData("src/PtEngine/README.md")]
    public void The_program_of_a_readme_builds_and_runs(string readme)
    {
        string place = Consumer(readme.Replace('/', ' '));
        string text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, readme)).ReplaceLineEndings("\n");
        File.WriteAllText(Path.Combine(place, "Program.cs"), Program().Match(text).Groups[1].Value);
        Shell.Run(place, "dotnet", "build", "-c", "Release", "-warnaserror", "--nologo", "-nodeReuse:false");
        string output = Shell.Run(place, Path.Combine(place, "bin", "Release", "net10.0", "Consumer"));
        Assert.Contains("2M leaf", output, StringComparison.Ordinal);
    }

    /// <summary>The whole engine compiles ahead of time without a warning.</summary>
    [Fact(Explicit = true)]
    public void A_consumer_compiled_ahead_of_time_has_no_warnings_and_runs()
    {
        string place = Consumer("native");
        string output = Shell.Run(
            place, "dotnet", "publish", "-c", "Release", "--use-current-runtime", "-p:PublishAot=true", "-p:TrimmerSingleWarn=false",
            "-warnaserror", "-o", "out", "--nologo", "-nodeReuse:false");
        Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Directory.GetFiles(Path.Combine(place, "out"), "*.dll"));
        AssertSampleRan(Shell.Run(place, Path.Combine(place, "out", "Consumer")));
    }

    /// <summary>Where a checkout lies does not matter: neither to the build, which tells sources from tests by their folders, nor to tests
    /// that look for files.</summary>
    [Fact(Explicit = true)]
    public void A_checkout_below_a_folder_named_src_and_one_with_a_blank_builds_and_its_tests_run()
    {
        string place = Path.Combine(folder.Place, "src", "a blank", "src", "xept");
        Directory.CreateDirectory(place);
        Shell.Run(place, "git", "clone", "--quiet", RepositoryPaths.Root, ".");
        Shell.Run(place, "dotnet", "build", "XePt.sln", "-c", "Release", "-warnaserror", "--nologo", "-nodeReuse:false");
        Assert.True(File.Exists(Path.Combine(place, "src", "PtEngine", "bin", "Release", "net10.0", "XePt.PtEngine.xml")));
        string tests = Path.Combine(place, "tests", "XePt.Tests", "bin", "Release", "net10.0");
        Assert.False(File.Exists(Path.Combine(tests, "XePt.Tests.xml")), "only what is below the repository's own src is documented");
        string output = Shell.Run(place, Path.Combine(tests, "XePt.Tests"), "-noColor", "-class", "*DocumentTests");
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
        string trace = Path.Combine(place, "samples", "mirror-lifecycle.xetrace");
        Assert.Equal(
            CliRun.Of("run", trace).Out,
            Shell.Run(place, "dotnet", Path.Combine(place, "src", "Cli", "bin", "Release", "net10.0", "xept.dll"), "run", trace));
    }

    private static bool HasNode => OperatingSystem.IsLinux() && Shell.Has("gcc");

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Program();

    private static Func<XElement, bool> IsNamed(string name) => element => element.Name.LocalName == name;

    private static void AssertSampleRan(string output)
    {
        Assert.Contains(", 0 wrong ones", output, StringComparison.Ordinal);
        Assert.Contains("user fence 1", output, StringComparison.Ordinal);
    }

    private static void AssertHasSources(ZipArchiveEntry entry)
    {
        using var file = new MemoryStream();
        using (Stream packed = entry.Open())
            packed.CopyTo(file);
        file.Position = 0;
        using var image = new PEReader(file);
        DebugDirectoryEntry symbols = image.ReadDebugDirectory().Single(debug => debug.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using MetadataReaderProvider provider = image.ReadEmbeddedPortablePdbDebugDirectoryData(symbols);
        MetadataReader reader = provider.GetMetadataReader();

        // Each file has a piece of custom information that is its text.
        var embeddedSource = new Guid("0e8a571b-6926-466e-b4ad-8ab04611f5fe");
        Assert.NotEmpty(reader.Documents);
        Assert.All(reader.Documents, document => Assert.Contains(
            reader.GetCustomDebugInformation(document),
            information => reader.GetGuid(reader.GetCustomDebugInformation(information).Kind) == embeddedSource));
    }

    private string[] Dependencies(string id) =>
        [.. folder.Metadata(id).Descendants().Where(IsNamed("dependency")).Select(dependency => dependency.Attribute("id")!.Value)];

    private string Consumer(string name)
    {
        string place = Directory.CreateDirectory(Path.Combine(folder.Place, name)).FullName;
        File.Copy(Path.Combine(RepositoryPaths.Root, "samples", "EmbedInSimulator", "Program.cs"), Path.Combine(place, "Program.cs"));
        File.WriteAllText(Path.Combine(place, "Consumer.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="XePt.TlbModel" Version="0.1.0" />
              </ItemGroup>
            </Project>
            """);
        // What the machine has of other packages, a compiler for example, is taken from there.
        string kept = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(kept);
        File.WriteAllText(Path.Combine(place, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><add key="xept" value="{folder.Packages}" /></packageSources>
              <fallbackPackageFolders><add key="kept" value="{kept}" /></fallbackPackageFolders>
            </configuration>
            """);
        return place;
    }
}
