using XePt.Diagnostics;
using XePt.Tlb;

namespace XePt.Pipeline;

/// <summary>Raises the events of TLB invalidations (PT-202).</summary>
/// <param name="watch">Who watches the device.</param>
internal sealed class TlbEvents(DeviceWatch watch) : TlbTracer
{
    public override bool IsOn => watch.IsDetailed;

    public override void Sent(int gt, ulong seqno) => EngineEvents.TlbSend(watch, Of(gt, seqno));

    public override void Received(int gt, ulong seqno) => EngineEvents.TlbReceive(watch, Of(gt, seqno));

    public override void Signalled(int gt, ulong seqno) => EngineEvents.TlbSignal(watch, Of(gt, seqno));

    public override void TimedOut(int gt, ulong seqno) => EngineEvents.TlbTimeout(watch, Of(gt, seqno));

    public override void Failed(Exception thrown) => watch.Fail(thrown);

    private static TlbEvent Of(int gt, ulong seqno) =>
        new() { Fence = seqno, Seqno = TlbInvalidation.WireSeqnoOf(seqno), Gt = (uint)gt };
}
