using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt.Faults;

/// <summary>Raises the events of the service of a fault.</summary>
internal static class FaultEvents
{
    public static void Start(DeviceWatch watch, in GpuFault fault) => EngineEvents.FaultStart(
        watch, new FaultStartEvent { Asid = fault.Asid, Address = fault.PageAddress, Access = (uint)fault.Access });

    /// <summary>The service has ended for now: answered, or waiting for a fence, after which it starts again.</summary>
    public static void Stop(DeviceWatch watch, in GpuFault fault, Errno errno) => EngineEvents.FaultStop(
        watch, new FaultStopEvent { Asid = fault.Asid, Address = fault.PageAddress, Errno = (int)errno });
}
