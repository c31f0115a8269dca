using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Count;

/// <summary>
/// Counts the methods that the first bind of a process touches: one op, a BO of 4 KiB, an out-sync. The compiler of the first tier puts no
/// method into another, so it is asked for each of them once, and says so. Methods of the engine and of its declarations count, whatever
/// their generic arguments, accessors of properties do not, nor what making device, VM, BO and syncobj has run before.
/// </summary>
internal sealed class MethodCount : EventListener
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords Jit = (EventKeywords)0x10;
    private const int MethodLoadVerbose = 143;

    private readonly SortedSet<string> _methods = new(StringComparer.Ordinal);
    private readonly ManualResetEventSlim _isOver = new();
    private bool _isOn;

    /// <summary>Binds, and prints the methods and how many there are.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="limit">How many are too many.</param>
    /// <returns>The exit code.</returns>
    public static int Run(TextWriter output, int limit)
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        var vm = new DrmXeVmCreate();
        var gem = new DrmXeGemCreate { Size = 4096, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        bool ok = file.VmCreate(ref vm) == Errno.Ok && file.GemCreate(ref gem) == Errno.Ok;
        DrmXeSync[] syncs = [new() { Flags = SyncFlags.Signal, Handle = file.SyncobjCreate() }];
        DrmXeVmBind bind = new()
        {
            VmId = vm.VmId,
            NumBinds = 1,
            NumSyncs = 1,
            Bind = new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = 1UL << 40, Range = 4096, PatIndex = 2 },
        };
        using var count = new MethodCount();
        Begin();
        ok &= file.VmBind(bind, default, syncs) == Errno.Ok;
        End();
        // Events come later, on a thread of their own, in their order.
        ok &= count._isOver.Wait(TimeSpan.FromSeconds(10));
        foreach (string method in count._methods)
            output.WriteLine(method);
        output.WriteLine($"{count._methods.Count} methods");
        return ok && count._methods.Count > 0 && count._methods.Count < limit ? 0 : 1;
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime)
            EnableEvents(eventSource, EventLevel.Verbose, Jit);
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventId != MethodLoadVerbose || eventData.Payload is not { } payload)
            return;
        (string type, string name) = ((string)payload[6]!, (string)payload[7]!);
        if (type == typeof(MethodCount).FullName)
            Mark(name);
        bool isAccessor = name.StartsWith("get_", StringComparison.Ordinal) || name.StartsWith("set_", StringComparison.Ordinal);
        if (_isOn && !isAccessor && type.StartsWith("XePt.", StringComparison.Ordinal))
            _methods.Add($"{type.Split('[')[0]}.{name} {(string)payload[8]!}");
    }

    private void Mark(string name)
    {
        if (name == nameof(Begin))
            _isOn = true;
        if (name != nameof(End))
            return;
        _isOn = false;
        _methods.RemoveWhere(method => method.StartsWith(typeof(MethodCount).FullName!, StringComparison.Ordinal));
        _isOver.Set();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Begin()
    {
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void End()
    {
    }
}
