using XePt.Diagnostics;
using XePt.Fences;
using XePt.Tlb;

namespace XePt.Pipeline;

/// <summary>What a VM is given by its device and client to run jobs with.</summary>
/// <param name="Tlb">Flushes the VM's translations; knows its device-wide number.</param>
/// <param name="Scheduler">Runs jobs whose fences have signalled.</param>
/// <param name="BoFences">Reservations of the device's external BOs.</param>
/// <param name="Residency">Gives BOs memory.</param>
/// <param name="Memory">Where user fences are written.</param>
/// <param name="Closed">Takes the tables that may still be seen when the VM has ended.</param>
/// <param name="Statistics">What the GTs count, by GT id.</param>
/// <param name="Report">Receives what becomes of work that could not complete inside its call.</param>
internal sealed record VmHost(
    TlbFlush Tlb, JobScheduler Scheduler, BoReservations BoFences, Residency Residency, IUserMemory Memory, ClosedVms Closed,
    GtStatistics[] Statistics, Action<FenceEvent> Report);
