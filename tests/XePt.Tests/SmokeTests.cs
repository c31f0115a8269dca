namespace XePt.Tests;

public class SmokeTests
{
    [Fact]
    public void Vectors_are_part_of_the_repository() =>
        Assert.NotEmpty(Directory.GetFiles(RepositoryPaths.Vectors, "*.jsonl.gz"));
}
