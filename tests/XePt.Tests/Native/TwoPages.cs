using XePt.Native;

namespace XePt.Tests.Native;

/// <summary>Two pages of this process, of which the second cannot be touched.</summary>
internal sealed unsafe class TwoPages : IDisposable
{
    private const int Page = 4096;

    private readonly nint _start = LibC.Map(
        0, 2 * Page, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous, -1, 0);

    public TwoPages() => Over(1, LibC.ProtNone);

    /// <summary>Address behind the first page.</summary>
    public byte* EndOfFirst => (byte*)_start + Page;

    /// <summary>The first page, zero now, can only be read from now on.</summary>
    public void Protect() => Over(0, LibC.ProtRead);

    public void Dispose() => Assert.Equal(0, LibC.Unmap(_start, 2 * Page));

    private void Over(int page, int protection) => Assert.Equal(
        _start + (page * Page),
        LibC.Map(_start + (page * Page), Page, protection, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapFixed, -1, 0));
}
