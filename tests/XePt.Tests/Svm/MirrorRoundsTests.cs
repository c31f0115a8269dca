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
        Assert.True(program.Faults >= 2000);
    }
}
