namespace XePt.Count;

/// <summary>What any map of 1 GiB as 4 KiB pages must at least do: write its entries once.</summary>
internal sealed class FillScenario(ulong bytes) : Scenario
{
    private readonly ulong[] _entries = new ulong[bytes / sizeof(ulong)];

    public override void Dispose()
    {
    }

    protected override void Do() => _entries.AsSpan().Fill(0x1003);

    // Not Clear: a string instruction counts once for each byte it clears.
    protected override void Undo() => _entries.AsSpan().Fill(0x2003);
}
