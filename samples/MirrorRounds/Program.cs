// The expected usage of CPU address mirrors, a thousand times over: what is left at the end is what was there at the beginning. A trace of
// one round is samples/mirror-round.xetrace, which `xept svm` draws.
using MirrorRounds;
using XePt.Devices;

const int Rounds = 1000;

foreach (PlatformInfo platform in (PlatformInfo[])[XePlatforms.Bmg, XePlatforms.Lnl])
{
    using var program = new MirrorProgram(platform);
    ProgramState before = program.State;
    for (int round = 0; round < Rounds; round++)
        program.Run(round);
    bool isAsBefore = program.State == before;
    Console.WriteLine(
        $"{platform.Name}: {Rounds} rounds, {program.Faults} page faults, {program.WrongBytes} wrong bytes, "
        + $"the end {(isAsBefore ? "is as the beginning" : $"differs: {program.State}, not {before}")}");
    if (!isAsBefore || program.WrongBytes != 0)
        return 1;
}

return 0;
