using XePt.Cli.Input;
using XePt.Cli.Traces;
using XePt.Host;

namespace XePt.Cli.State.Svm;

/// <summary>The mirrors of all VMs over the time of a trace: a look after each record, kept when it shows something new.</summary>
internal sealed class SvmHistory
{
    /// <summary>Pieces of memory that are kept in all.</summary>
    private const int MaxPieces = 1 << 20;

    private static readonly SvmState Empty = new([], []);

    private readonly List<VmHistory> _vms = [];
    private readonly Dictionary<ModelProcess, Watched> _processes = [];
    private int _pieces;

    /// <summary>The VMs that there ever were, in the order in which they came.</summary>
    public IReadOnlyList<VmHistory> Vms => _vms;

    /// <summary>Looks at what a record has left.</summary>
    /// <exception cref="MalformedRecordException">There is more than can be kept.</exception>
    public void Note(CallOutcome outcome, TracePlayer player)
    {
        var seen = new HashSet<VmHistory>();
        foreach (TraceClient client in player.Parties.Clients)
        {
            IReadOnlyList<MemoryPiece> memory = MemoryOf(client, outcome);
            foreach (XeVm vm in client.File.Vms)
            {
                VmHistory history = HistoryOf(client, vm);
                seen.Add(history);
                Note(history, outcome, SvmCapture.Of(vm) ?? Empty, memory);
            }
        }

        foreach (VmHistory gone in _vms.Where(vm => !seen.Contains(vm) && vm.Looks.Count > 0))
            Note(gone, outcome, Empty, gone.Looks[^1].Memory);
        if (_pieces > MaxPieces)
            throw new MalformedRecordException(
                "the memory of the trace is in too many pieces to be drawn over time (--stop-at LINE draws less)");
    }

    private void Note(VmHistory history, CallOutcome outcome, SvmState state, IReadOnlyList<MemoryPiece> memory) =>
        _pieces += history.Note(new SvmMoment(outcome.Line, outcome.Title, outcome.Name, outcome.Result.Text), state, memory);

    private VmHistory HistoryOf(TraceClient client, XeVm vm)
    {
        VmHistory? known = _vms.Find(history => history.Client == client.Name && history.VmId == vm.Id);
        if (known is null)
            _vms.Add(known = new VmHistory(client.Name, vm.Id, client.Device.Device.Platform));
        return known;
    }

    /// <summary>Where the pages of a client's process are; the list of the look before when nothing can have changed.</summary>
    private IReadOnlyList<MemoryPiece> MemoryOf(TraceClient client, CallOutcome outcome)
    {
        if (client.Process.Used is not { } process)
            return [];
        if (!_processes.TryGetValue(process, out Watched? watched))
            _processes.Add(process, watched = new Watched(process));
        if (watched.HasChanged() || outcome.Effects is not null)
            watched.Memory = SvmCapture.MemoryOf(client);
        return watched.Memory;
    }

    /// <summary>Tells whether pages of a process can have come, gone or moved.</summary>
    private sealed class Watched
    {
        private readonly ModelProcess _process;
        private (long Used, int Blocks, int Mappings, int Tables) _counts;
        private bool _hasChanged = true;

        public Watched(ModelProcess process)
        {
            _process = process;
            process.Changing += _ => _hasChanged = true;
        }

        public IReadOnlyList<MemoryPiece> Memory { get; set; } = [];

        public bool HasChanged()
        {
            (long, int, int, int) now = (
                _process.Memory.UsedBytes, _process.Memory.DeviceBlocks, _process.MappingCount, _process.TableCount);
            bool hasChanged = _hasChanged || now != _counts;
            (_hasChanged, _counts) = (false, now);
            return hasChanged;
        }
    }
}

/// <summary>A record that changed something.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Title">Its name, with the client whose it is.</param>
/// <param name="Name">Name of the ioctl or event.</param>
/// <param name="Text">The record in words.</param>
internal sealed record SvmMoment(int Line, string Title, string Name, string Text);

/// <summary>What there is to see after a record.</summary>
internal sealed record SvmLook(SvmMoment Moment, SvmState State, IReadOnlyList<MemoryPiece> Memory);

/// <summary>The mirrors of one VM over time.</summary>
/// <param name="Client">Its client, or null for the one without a name.</param>
/// <param name="VmId">Its id.</param>
/// <param name="Platform">What it runs on.</param>
internal sealed record VmHistory(string? Client, uint VmId, Devices.PlatformInfo Platform)
{
    private readonly List<SvmLook> _looks = [];

    /// <summary>What was new, by time.</summary>
    public IReadOnlyList<SvmLook> Looks => _looks;

    /// <summary>What to call the VM: <c>1</c>, <c>1 of viewer</c>.</summary>
    public string Name => Client is null ? $"{VmId}" : $"{VmId} of {Client}";

    /// <summary>Keeps a look if it shows something new.</summary>
    /// <returns>Pieces that it holds.</returns>
    public int Note(SvmMoment moment, SvmState state, IReadOnlyList<MemoryPiece> memory)
    {
        SvmLook? last = _looks.LastOrDefault();
        bool isSame = last is not null && last.State.Ranges.SequenceEqual(state.Ranges)
            && last.State.Notifiers.SequenceEqual(state.Notifiers)
            && (ReferenceEquals(last.Memory, memory) || last.Memory.SequenceEqual(memory));
        if (isSame)
            return 0;
        _looks.Add(new SvmLook(moment, state, memory));
        return state.Ranges.Count + (last is not null && ReferenceEquals(last.Memory, memory) ? 0 : memory.Count);
    }
}
