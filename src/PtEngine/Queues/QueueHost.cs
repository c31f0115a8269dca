using XePt.Epochs;
using XePt.Fences;

namespace XePt.Queues;

/// <summary>What an engine queue is given by its device and client to run jobs with.</summary>
/// <param name="Sink">Runs jobs.</param>
/// <param name="Scheduler">Hands jobs on when their fences have signalled.</param>
/// <param name="Epochs">Protects the walks of user fences.</param>
/// <param name="Memory">The client's memory, where user fences in it are written.</param>
/// <param name="Store">Device memory, where other user fences are written; null when nobody models its contents.</param>
/// <param name="Changed">Told whenever a user fence was written or a queue was reset, to wake who waits for it.</param>
internal sealed record QueueHost(
    IJobSink Sink, JobScheduler Scheduler, EpochDomain Epochs, IUserMemory Memory, IGpuStore? Store, Wakeups Changed);
