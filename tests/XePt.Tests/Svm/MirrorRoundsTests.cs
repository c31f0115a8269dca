using MirrorRounds;
using XePt.Devices;

namespace XePt.Tests.Svm;

/// <summary>The sample of the expected usage of mirrors (samples/MirrorRounds).</summary>
public class MirrorRoundsTests
{
    [Theory]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [Rule("SVM-014")]
    public void A_thousand_rounds_leave_nothing_behind(string platform)
    {
        using var program = new MirrorProgram(XePlatforms.All.Single(known => known.Name == platform));
        ProgramState before = program.State;
        Assert.Equal((1, 0, 0, 0, 0L, 0), (before.Vmas, before.Bos, before.Mappings, before.Notifiers, before.PageBytes, before.Blocks));
        for (int round = 0; round < 1000; round++)
            program.Run(round);
        Assert.Equal(before, program.State);
        Assert.Equal(0, program.WrongBytes);
        // README shows it.
        Assert.Contains(
            $"{platform}: 1000 rounds, {program.Faults} page faults, 0 wrong bytes, the end is as the beginning\n",
            File.ReadAllText(Path.Combine(RepositoryPaths.Root, "README.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }
}
