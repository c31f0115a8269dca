namespace XePt.Tests.Svm.Mix;

/// <summary>A BO and its plain twin.</summary>
internal sealed class MixBo(XeBo bo, int pages)
{
    public XeBo Bo { get; } = bo;

    public PlainContent[] Pages { get; } = [.. Enumerable.Range(0, pages).Select(_ => new PlainContent())];
}
