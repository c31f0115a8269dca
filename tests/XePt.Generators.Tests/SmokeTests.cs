namespace XePt.Generators.Tests;

public class SmokeTests
{
    [Fact]
    public void Repository_root_is_found() => Assert.True(File.Exists(Path.Combine(RepositoryPaths.Root, "XePt.sln")));
}
