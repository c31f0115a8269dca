namespace XePt.Tests.Svm.Mix;

/// <summary>A VM of a client, and the process that the client is.</summary>
internal sealed class MixVm(XeFile file, XeVm vm, PlainProcess twin, int tiles)
{
    public XeFile File { get; } = file;

    public XeVm Vm { get; } = vm;

    public PlainProcess Twin { get; } = twin;

    public uint Asid { get; } = vm.TlbVm.Asid;

    /// <summary>Its tables on each tile.</summary>
    public TlbSpace[] Spaces { get; } = [.. Enumerable.Range(0, tiles).Select(vm.GetTlbSpace)];
}
