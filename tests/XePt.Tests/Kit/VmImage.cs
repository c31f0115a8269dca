namespace XePt.Tests.Kit;

/// <summary>
/// Everything that can be seen of a VM, as lines: an operation that leaves no trace leaves the same lines. Not the flush counter, which the
/// vectors show advanced by a rebind whose request failed later.
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
