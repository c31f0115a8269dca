namespace XePt.Tests.Kit;

/// <summary>
/// The tables and VMAs of a VM as lines: an operation that leaves no trace leaves the same lines. The flush counter is not part of it: it
/// only grows, also by calls that fail.
/// </summary>
internal static class VmImage
{
    public static string[] Of(TestGpu gpu) => Of(gpu.Vm);

    public static string[] Of(XeVm vm)
    {
        XeDevice device = vm.File.Device;
        IEnumerable<string> trees = Enumerable.Range(0, device.Platform.TileCount).SelectMany(tile => TreeText.Lines(vm, tile));
        IEnumerable<string> vmas = vm.GetVmas().Select(vma => vma.ToString());
        return [.. trees, .. vmas, $"tables {device.TablesInUse}"];
    }
}
