using XePt.Calls;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt;

// Many of the same at once: what is paid once per call otherwise is paid once for all.
public sealed partial class XeVm
{
    /// <summary>Translates many addresses under one pin; else as <see cref="Translate(ulong, int)"/> does one by one. The loads of
    /// independent walks overlap, so addresses that are far apart gain most. Allocates nothing; any thread.</summary>
    /// <param name="vas">The addresses, in any order.</param>
    /// <param name="results">Where the translations go, at the same places; at least as long.</param>
    /// <param name="tile">Tile whose tables are walked.</param>
    /// <exception cref="ArgumentException"><paramref name="results"/> is too short.</exception>
    public void Translate(ReadOnlySpan<ulong> vas, Span<Translation> results, int tile = 0)
    {
        ThrowIfShorter(results.Length, vas.Length, nameof(results));
        Stage.TileTables tables = TablesOf(tile);
        using WalkPin pin = File.Device.EnterWalk();
        tables.Translate(vas, results, tables.IsAttached ? Size : 0, Size);
    }

    /// <summary>VM_BIND of these ops, as one call on the VM's own bind queue: an op costs about two thirds of what it costs in a call of
    /// its own. Either all of them happen or none.</summary>
    /// <param name="ops">The ops.</param>
    /// <param name="syncs">Sync entries of the call.</param>
    /// <returns>As for <see cref="Map(XeBo, ulong, VmBindFlags, ushort?, ReadOnlySpan{DrmXeSync})"/>.</returns>
    /// <exception cref="XeCallException">As there.</exception>
    public Fence Bind(ReadOnlySpan<DrmXeVmBindOp> ops, ReadOnlySpan<DrmXeSync> syncs = default)
    {
        XeFile.ThrowIfRefused(File.VmBind(Id, ops, syncs, execQueueId: 0, out Fence done));
        return done;
    }

    /// <summary>Page faults at many addresses, one after the other as <see cref="Fault(ulong)"/> answers them, but the VM is entered
    /// once for all: one costs about four fifths of what it costs by itself. One that cannot be answered does not keep the others from
    /// it.</summary>
    /// <param name="vas">The addresses.</param>
    /// <param name="results">Where the answers go, at the same places; at least as long.</param>
    /// <returns>How many were answered with Ok.</returns>
    /// <exception cref="ArgumentException"><paramref name="results"/> is too short.</exception>
    public int Fault(ReadOnlySpan<ulong> vas, Span<Errno> results)
    {
        ThrowIfShorter(results.Length, vas.Length, nameof(results));
        if (vas.IsEmpty)
            return 0;
        var operation = new FaultsOperation(this, vas, results);
        VmEntry.Run(File.Device.Residency.Vms, Context, ref operation);
        return operation.Answered;
    }

    private static void ThrowIfShorter(int room, int needed, string name)
    {
        if (room < needed)
            throw new ArgumentException($"there is room for {room} of {needed} results", name);
    }

    /// <summary>Page faults, each a call of its own. It goes on with the one that it was at when it is asked to run again.</summary>
    private ref struct FaultsOperation(XeVm vm, ReadOnlySpan<ulong> vas, Span<Errno> results) : IVmOperation
    {
        private readonly ReadOnlySpan<ulong> _vas = vas;
        private readonly Span<Errno> _results = results;
        private int _at;

        public int Answered { get; private set; }

        public readonly bool BeginsCall(VmContext context) => false;

        public Outcome Run(VmContext context)
        {
            for (; _at < _vas.Length; _at++)
            {
                var fault = new FaultOperation(vm, _vas[_at]);
                Outcome outcome = VmEntry.RunInside(context, ref fault);
                if (outcome >= Outcome.Restart)
                    return outcome;
                _results[_at] = outcome == Outcome.Refused ? context.Call.Why.Errno : Errno.Ok;
                Answered += outcome == Outcome.Refused ? 0 : 1;
            }

            return Outcome.Done;
        }
    }
}
