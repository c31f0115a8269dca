using XePt.Bench;

namespace XePt.Count;

/// <summary>The first touch of memory of a process by a fault; undone by the process, which unmaps the memory and writes to new
/// one.</summary>
/// <param name="size">Bytes of the range.</param>
/// <param name="migrates">Into device memory, by a copy engine that does nothing.</param>
internal sealed class FaultScenario(ulong size, bool migrates) : Scenario
{
    private readonly MirrorFixture _fixture = Populated(size, migrates);

    public override void Dispose() => _fixture.Dispose();

    protected override void Do() => _fixture.Touch();

    protected override void Undo() => _fixture.Renew();

    private static MirrorFixture Populated(ulong size, bool migrates)
    {
        var fixture = new MirrorFixture(size, count: 1, migrates, others: 1);
        fixture.Populate();
        return fixture;
    }
}
