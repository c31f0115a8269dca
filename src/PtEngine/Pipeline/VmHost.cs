using XePt.Fences;

namespace XePt.Pipeline;

/// <summary>What a VM is given by its device and client to run jobs with.</summary>
/// <param name="VmNumber">Device-wide number, from 1; never used again.</param>
/// <param name="Scheduler">Runs jobs whose fences have signalled.</param>
/// <param name="BoFences">Reservations of the device's external BOs.</param>
/// <param name="Memory">Where user fences are written.</param>
internal sealed record VmHost(int VmNumber, JobScheduler Scheduler, BoReservations BoFences, IUserMemory Memory);
