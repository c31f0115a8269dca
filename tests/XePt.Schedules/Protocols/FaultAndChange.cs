using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A fault fills a mirror while the process drops the page: pages are collected against changes (<c>RangePages</c>), entries written
/// against zaps (<c>RangeBind</c>, <c>RangeInvalidation</c>). When the change has returned no entry leads to the old page; the fault is
/// answered as serviced, and what is mapped in the end is the page that the process has.
/// </summary>
public sealed class FaultAndChange : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: false);

    /// <param name="hasRange">There is a range already, whose pages have changed before; else the fault makes it.</param>
    /// <param name="waitsForVm">The change waits in its middle until it has been inside the VM, as one does that waits for a job of it. So
    /// a fault that meets it may not stay there until the change is over.</param>
    public FaultAndChange(bool hasRange, bool waitsForVm)
    {
        if (waitsForVm)
            _world.Process.Waits = _world.Vm.Writer;
        if (!hasRange)
            return;
        _world.Fault();
        _world.Announce();
    }

    public override IReadOnlyList<Action> Threads => [Fault, Change];

    public override void CheckEnd() => Require(
        _world.Mapped is TableWorld.NoPage || _world.Mapped == _world.Present, "what is mapped is what the process has");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Fault()
    {
        Errno? answer = _world.Fault();
        Require(answer == Errno.Ok, $"the fault is serviced: {answer}");
    }

    private void Change()
    {
        _world.Discard();
        Require(Quietly(() => _world.Mapped) != TableWorld.OldPage, "the old page is mapped after the change");
    }
}
