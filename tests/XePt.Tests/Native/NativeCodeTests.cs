using System.Xml.Linq;

namespace XePt.Tests.Native;

/// <summary>What is measured ahead of time is compiled as what users of the C library get.</summary>
public class NativeCodeTests
{
    [Theory]
    [InlineData("src/Native/XePt.Native.csproj")]
    [InlineData("bench/XePt.Contract/XePt.Contract.csproj")]
    [InlineData("bench/XePt.Times/XePt.Times.csproj")]
    [InlineData("bench/XePt.Count/XePt.Count.csproj")]
    public void The_library_and_its_measures_are_compiled_alike(string path)
    {
        XElement project = XElement.Load(Path.Combine(RepositoryPaths.Root, path));
        Assert.Contains(project.Elements("Import"), import => Path.GetFileName((string)import.Attribute("Project")!) == "NativeCode.props");
        Assert.DoesNotContain(
            project.Descendants(), element => element.Name.LocalName is "IlcInstructionSet" or "OptimizationPreference");
    }

    [Fact]
    public void Native_code_has_vectors_of_256_bits()
    {
        XElement props = XElement.Load(Path.Combine(RepositoryPaths.Root, "src", "Native", "NativeCode.props"));
        Assert.Equal("x86-64-v3", (string)props.Descendants("NativeInstructionSet").Single());
        Assert.Equal("$(NativeInstructionSet)", (string)props.Descendants("IlcInstructionSet").Single());
    }
}
