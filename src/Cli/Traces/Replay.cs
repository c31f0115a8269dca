using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>What to replay and how.</summary>
/// <param name="Path">The trace file.</param>
/// <param name="Platform">Platform to use instead of the header's.</param>
/// <param name="Profile">Profile to use instead of the header's.</param>
/// <param name="CheckExpected">Compare with what the records expect.</param>
/// <param name="StopAt">Last line to play, or null for all.</param>
/// <param name="KeepFields">Whether the fields of the calls are asked for.</param>
/// <param name="KeepEvents">Whether the devices record their newest events.</param>
/// <param name="KeepRefused">Whether what was played is wanted even when the rest cannot be played after a call was refused.</param>
internal sealed record ReplayRequest(
    string Path, PlatformInfo? Platform = null, XeProfile? Profile = null, bool CheckExpected = false, int? StopAt = null,
    bool KeepFields = false, bool KeepRefused = false, bool KeepEvents = false)
{
    /// <summary>Called after each record that was played; may throw <see cref="MalformedRecordException"/>.</summary>
    public Action<CallOutcome, TracePlayer>? Look { get; init; }
}

/// <summary>A trace that has been played: the device as it was left, and what came of the calls in sum. What came of each is told to who
/// looks (<see cref="ReplayRequest.Look"/>) and not kept, so that a trace of any length can be played.</summary>
internal sealed class Replay : IDisposable
{
    /// <summary>How to see what is not there at the end: the end of a message.</summary>
    public const string EarlierState = " (--stop-at LINE shows an earlier state)";

    /// <summary>Bytes of a trace that takes long enough for a progress bar.</summary>
    private const long LongTrace = 256 << 10;

    private Replay(string name, TracePlayer player, ReplayTally tally, InputException? stop) =>
        (Name, Player, Tally, Stop) = (name, player, tally, stop);

    /// <summary>Name of the trace.</summary>
    public string Name { get; }

    /// <summary>The device and its client.</summary>
    public TracePlayer Player { get; }

    /// <summary>What came of the records that were played.</summary>
    public ReplayTally Tally { get; }

    /// <summary>Why the rest of the trace could not be played after an expectation was not met, or a call was refused: a later record
    /// needs what did not come about. Null when all was played.</summary>
    public InputException? Stop { get; }

    /// <summary>Plays a trace.</summary>
    public static Replay Run(ReplayRequest request, Terminal terminal)
    {
        using TraceReader reader = TraceReader.Open(request.Path, request.Profile);
        var player = new TracePlayer(request.Platform ?? reader.Header.Platform, reader.Header.Options, request.KeepEvents);
        player.File.IsPrivileged = reader.Header.IsPrivileged;
        try
        {
            var tally = new ReplayTally();
            long bytes = File.Exists(request.Path) && new FileInfo(request.Path).Length is >= LongTrace and var length ? length : 0;
            InputException? stop = null;
            terminal.Watch($"replaying {reader.Name}", bytes, done => stop = Play(reader, player, request, tally, done));
            return new Replay(reader.Name, player, tally, stop);
        }
        catch
        {
            player.Dispose();
            throw;
        }
    }

    /// <summary>The VM that a verb is about: the one asked for, or the only one there is.</summary>
    /// <param name="client">The client it is of; null for any. What the trace leaves to the first client, which has no name, is that
    /// one's when only the id is given.</param>
    /// <param name="id">Its id; null when there is no choice.</param>
    public VmOfClient ChooseVm(string? client, uint? id)
    {
        if (client is not null && !Player.Parties.Clients.Any(open => open.Name == client))
            throw new InputException(Name, 0, $"no client \"{client}\" is left at the end{EarlierState}");
        VmOfClient[] there = [.. Player.Parties.Clients.Where(open => client is null || open.Name == client)
            .SelectMany(open => open.File.Vms.Select(vm => new VmOfClient(vm, open)))];
        VmOfClient[] wanted = [.. there.Where(found => id is null || found.Vm.Id == id)];
        if (wanted.Length > 1 && id is not null && wanted[0].Client.Name is null)
            return wanted[0];
        if (wanted.Length == 1)
            return wanted[0];
        string whose = client is null ? "" : $" of {client}";
        string choice = string.Join(", ", (wanted.Length > 0 ? wanted : there).Select(found => found.Name));
        throw new InputException(
            Name, 0,
            there.Length == 0 ? $"no VM{whose} is left at the end{EarlierState}"
            : wanted.Length == 0 ? $"no VM {id}{whose} is left at the end, only {choice}"
            : $"choose one of the VMs {choice} with --vm{(wanted.Any(found => found.Client.Name is not null) ? " and --client" : "")}");
    }

    public void Dispose() => Player.Dispose();

    private static InputException? Play(
        TraceReader reader, TracePlayer player, ReplayRequest request, ReplayTally tally, Action<long> done)
    {
        foreach (TraceRecord record in reader.Records(request.KeepFields))
        {
            if (record.Line > request.StopAt)
                break;
            try
            {
                CallOutcome outcome = player.Play(record, request.CheckExpected);
                tally.Add(outcome);
                request.Look?.Invoke(outcome, player);
            }
            catch (MalformedRecordException e)
            {
                // What did not come out as expected, or was refused, is why the record makes no sense; that is what the user has to hear.
                InputException stop = reader.At(e.Message + tally.Causes);
                bool isKept = tally.Unmet.Count > 0 || (request.KeepRefused && tally.Refused > 0);
                return isKept ? stop : throw stop;
            }

            done(reader.BytesRead);
        }

        return null;
    }
}

/// <summary>A VM and whose it is.</summary>
internal sealed record VmOfClient(XeVm Vm, TraceClient Client)
{
    /// <summary>What to call it: <c>1</c>, <c>1 of viewer</c>.</summary>
    public string Name => Client.Name is null ? $"{Vm.Id}" : $"{Vm.Id} of {Client.Name}";
}
