namespace XePt.Bench.Contract;

/// <summary>The performance contract, line by line.</summary>
internal static class ContractLines
{
    /// <param name="tool">The <c>xept</c> whose start is measured, or nothing.</param>
    public static IEnumerable<ContractLine> All(string tool) =>
    [
        // First, while the process is small.
        .. MemoryLines.All(),
        .. FillLines.All(),
        .. TableLines.All(),
        .. BindLines.All(),
        .. TranslateLines.All(),
        .. IndexLines.All(),
        .. WatchLines.All(),
        .. ReaderLines.All(),
        .. FaultLines.All(),
        .. CallLines.All(),
        .. GrowthLines.All(),
        .. ToolLines.All(tool),
    ];
}
