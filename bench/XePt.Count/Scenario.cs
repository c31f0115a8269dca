using System.Runtime.CompilerServices;

namespace XePt.Count;

/// <summary>Something done and undone, so that it can be repeated.</summary>
internal abstract class Scenario : IDisposable
{
    private const ulong Kilobyte = 1UL << 10;
    private const ulong Megabyte = 1UL << 20;
    private const ulong Gigabyte = 1UL << 30;

    /// <summary>What <see cref="Open"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["4k", "2m-as-4k", "1g-as-4k", "1g-scattered", "fill-2m"];

    /// <summary>The scenario of a name, ready to run; null when there is none.</summary>
    public static Scenario? Open(string name) => name switch
    {
        "4k" => new BindScenario(4 * Kilobyte, isScattered: false),
        "2m-as-4k" => new BindScenario(2 * Megabyte, isScattered: true),
        "1g-as-4k" => new BindScenario(Gigabyte, isScattered: false),
        "1g-scattered" => new BindScenario(Gigabyte, isScattered: true),
        "fill-2m" => new FillScenario(2 * Megabyte),
        _ => null,
    };

    /// <summary>The counted half, under a symbol of its own.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Bind() => Do();

    /// <summary>The other half, likewise.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Unbind() => Undo();

    public abstract void Dispose();

    protected abstract void Do();

    protected abstract void Undo();
}
