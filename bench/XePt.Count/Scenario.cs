using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Count;

/// <summary>Something done and undone, so that it can be repeated.</summary>
internal abstract class Scenario : IDisposable
{
    private const ulong Kilobyte = 1UL << 10;
    private const ulong Megabyte = 1UL << 20;
    private const ulong Gigabyte = 1UL << 30;

    /// <summary>What <see cref="Open"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [
        "4k", "4k-recorded", "array-4k", "waiting-4k", "random-1k", "random-100k", "2m-as-4k", "2m-recorded", "1g-as-4k", "1g-scattered",
        "fill-2m", "fault-4k", "fault-64k", "fault-2m", "migrate-64k", "migrate-2m", "refault-64k", "valid-64k",
        "crowd-evicted", "crowd-handles", "crowd-vram", "crowd-vms"];

    /// <summary>The scenario of a name, ready to run; null when there is none.</summary>
    public static Scenario? Open(string name) => name switch
    {
        "4k" => new BindScenario(4 * Kilobyte, isScattered: false),
        "4k-recorded" => new BindScenario(4 * Kilobyte, isScattered: false, isRecorded: true),
        "array-4k" => new ArrayScenario(ops: 100),
        "waiting-4k" => new WaitingScenario(),
        "random-1k" => new RandomScenario(vmas: 1_000),
        "random-100k" => new RandomScenario(vmas: 100_000),
        "2m-as-4k" => new BindScenario(2 * Megabyte, isScattered: true),
        "2m-recorded" => new BindScenario(2 * Megabyte, isScattered: true, isRecorded: true),
        "1g-as-4k" => new BindScenario(Gigabyte, isScattered: false),
        "1g-scattered" => new BindScenario(Gigabyte, isScattered: true),
        "fill-2m" => new FillScenario(2 * Megabyte),
        "fault-4k" => new FaultScenario(4 * Kilobyte, migrates: false),
        "fault-64k" => new FaultScenario(64 * Kilobyte, migrates: false),
        "fault-2m" => new FaultScenario(2 * Megabyte, migrates: false),
        "migrate-64k" => new FaultScenario(64 * Kilobyte, migrates: true),
        "migrate-2m" => new FaultScenario(2 * Megabyte, migrates: true),
        "refault-64k" => new RefaultScenario(64 * Kilobyte, isChanged: true),
        "valid-64k" => new RefaultScenario(64 * Kilobyte, isChanged: false),
        "crowd-evicted" => new CrowdScenario.OfEvictedBos(),
        "crowd-handles" => new CrowdScenario.OfHandles(),
        "crowd-vram" => new CrowdScenario.OfFullVram(),
        "crowd-vms" => new CrowdScenario.OfVms(),
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

    // What is thrown stands apart, so that the driver itself adds next to nothing to what is counted.
    protected static void Check(Errno error)
    {
        if (error != Errno.Ok)
            Throw(error);
    }

    [DoesNotReturn]
    private static void Throw(Errno error) => throw new InvalidOperationException($"{error}");
}
