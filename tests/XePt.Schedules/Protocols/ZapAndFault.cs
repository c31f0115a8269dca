using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A mapping is invalidated while a core accesses it: entries zeroed, TLBs flushed and waited for, the old page released. The core's fault
/// binds a new page under the same writer gate. No access ever uses the old page after its release, and the core ends on a page.
/// </summary>
/// <remarks>The writer side mirrors <c>VmaInvalidate</c> and <c>VmaFault</c>: gate, zap, flush, mark; gate, look at the mark,
/// bind.</remarks>
public sealed class ZapAndFault : Protocol
{
    private readonly PageOwners _owners = new();
    private readonly TableWorld _world = new(isLinked: true);
    private readonly Core _core;
    private SpinGate _writer;
    private bool _isInvalid;
    private int _lastUsed;

    public ZapAndFault() => _core = new Core(_world);

    public override IReadOnlyList<Action> Threads => [Invalidate, Run];

    public override void CheckEnd() => Require(_lastUsed != TableWorld.NoPage, "the core gets through");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _core.Dispose();
        _world.Dispose();
    }

    private void Invalidate()
    {
        _writer.Enter();
        _world.Zap();
        _isInvalid = true;
        _writer.Exit();
        _owners.Release(TableWorld.OldPage);
    }

    /// <summary>An access; after a fault it is tried again, outside the access (a zap waits for accesses).</summary>
    private void Run()
    {
        _lastUsed = _core.Access(_owners);
        if (_lastUsed != TableWorld.NoPage)
            return;
        Fault();
        _lastUsed = _core.Access(_owners);
    }

    private void Fault()
    {
        _writer.Enter();
        if (_isInvalid)
        {
            _isInvalid = false;
            _world.StoreLeaf(TableWorld.NewPage);
        }

        _writer.Exit();
    }
}
