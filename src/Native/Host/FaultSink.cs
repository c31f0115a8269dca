namespace XePt.Native;

/// <summary>Hands answers to page faults to the program.</summary>
/// <param name="options">Its callback.</param>
internal sealed unsafe class FaultSink(DeviceOptions options) : IGpuFaultSink
{
    /// <inheritdoc/>
    public void Reply(in GpuFaultReply reply)
    {
        var info = new FaultReply { Size = (uint)sizeof(FaultReply), Error = Failure.Of(reply.Why), Fault = AbiMap.Of(reply.Fault) };
        options.FaultReply(options.User, &info);
    }
}
