namespace XePt.Tests.Kit;

/// <summary>
/// The tables and VMAs of a VM as lines: an operation that leaves no trace leaves the same lines. The flush counter is not part of it: it
/// only grows, also by calls that fail.
/// </summary>
internal static class VmImage
{
    public static string[] Of(TestGpu gpu)
    {
        IEnumerable<string> trees = Enumerable.Range(0, gpu.Device.Platform.TileCount).SelectMany(gpu.Tree);
        IEnumerable<string> vmas = gpu.Vm.GetVmas().Select(vma => vma.ToString());
        return [.. trees, .. vmas, $"tables {gpu.Device.TablesInUse}"];
    }
}
