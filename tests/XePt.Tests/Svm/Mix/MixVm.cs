namespace XePt.Tests.Svm.Mix;

/// <summary>A VM of a client, and the process that the client is.</summary>
internal sealed class MixVm(XeFile file, XeVm vm, PlainProcess twin, int tiles, int pages)
{
    public XeFile File { get; } = file;

    public XeVm Vm { get; } = vm;

    public PlainProcess Twin { get; } = twin;

    public uint Asid { get; } = vm.TlbVm.Asid;

    /// <summary>Pages where atomics have been the CPU's alone, according to some advice.</summary>
    public bool[] CpuAtomics { get; } = new bool[pages];

    /// <summary>Its tables on each tile.</summary>
    public TlbSpace[] Spaces { get; } = [.. Enumerable.Range(0, tiles).Select(vm.GetTlbSpace)];
}
