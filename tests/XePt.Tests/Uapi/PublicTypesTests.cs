using XePt.Uapi;

namespace XePt.Tests.Uapi;

/// <summary>What users of XePt.Uapi see. The declarations that generators read, and the checks made of them, are not for them.</summary>
public class PublicTypesTests
{
    private static string ListPath => Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Uapi", "public-types.txt");

    /// <summary><c>XEPT_UPDATE_GOLDEN=1</c> writes the list instead; the change of the file is the change of the API.</summary>
    [Fact]
    public void Public_types_are_those_in_the_list()
    {
        string[] actual = [.. typeof(UapiTable).Assembly.GetExportedTypes().Select(type => type.FullName!).Order(StringComparer.Ordinal)];
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllLines(ListPath, actual);
        Assert.Equal(File.ReadAllLines(ListPath), actual);
    }

    [Theory]
    [InlineData("XePt.Uapi.Spec")]
    [InlineData("XePt.Uapi.Checks")]
    public void Nothing_of_the_declarations_is_public(string space) =>
        Assert.DoesNotContain(typeof(UapiTable).Assembly.GetExportedTypes(), type => type.Namespace == space);
}
