using XePt.Bench;

namespace XePt.Count;

/// <summary>A fault where the GPU has been before.</summary>
internal sealed class RefaultScenario : Scenario
{
    private readonly MirrorFixture _fixture;
    private readonly bool _isChanged;

    /// <param name="size">Bytes of the range.</param>
    /// <param name="isChanged">Before each fault the process announces a change of the pages; else every fault finds a valid
    /// mapping.</param>
    public RefaultScenario(ulong size, bool isChanged)
    {
        _isChanged = isChanged;
        _fixture = new MirrorFixture(size, count: 1, migrates: false, others: 1);
        _fixture.Populate();
        _fixture.Touch();
    }

    public override void Dispose() => _fixture.Dispose();

    protected override void Do() => _fixture.Touch();

    protected override void Undo()
    {
        if (_isChanged)
            _fixture.Invalidate();
    }
}
