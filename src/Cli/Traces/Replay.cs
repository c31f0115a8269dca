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
internal sealed record ReplayRequest(
    string Path, PlatformInfo? Platform = null, XeProfile? Profile = null, bool CheckExpected = false, int? StopAt = null,
    bool KeepFields = false);

/// <summary>A trace that has been played: the device as it was left, and what came of each call.</summary>
internal sealed class Replay : IDisposable
{
    /// <summary>Bytes of a trace that takes long enough for a progress bar.</summary>
    private const long LongTrace = 256 << 10;

    private Replay(string name, TracePlayer player, IReadOnlyList<CallOutcome> outcomes, InputException? stop) =>
        (Name, Player, Outcomes, Stop) = (name, player, outcomes, stop);

    /// <summary>Name of the trace.</summary>
    public string Name { get; }

    /// <summary>The device and its client.</summary>
    public TracePlayer Player { get; }

    /// <summary>One per record that was played.</summary>
    public IReadOnlyList<CallOutcome> Outcomes { get; }

    /// <summary>Why the rest of the trace could not be played after an expectation was not met: a later record needs what did not come
    /// about. Null when all was played.</summary>
    public InputException? Stop { get; }

    /// <summary>Plays a trace.</summary>
    public static Replay Run(ReplayRequest request, Terminal terminal)
    {
        using TraceReader reader = TraceReader.Open(request.Path, request.Profile);
        var player = new TracePlayer(request.Platform ?? reader.Header.Platform, reader.Header.Options);
        try
        {
            var outcomes = new List<CallOutcome>();
            long bytes = File.Exists(request.Path) && new FileInfo(request.Path).Length is >= LongTrace and var length ? length : 0;
            InputException? stop = null;
            terminal.Watch($"replaying {reader.Name}", bytes, done => stop = Play(reader, player, request, outcomes, done));
            return new Replay(reader.Name, player, outcomes, stop);
        }
        catch
        {
            player.Dispose();
            throw;
        }
    }

    /// <summary>The VM that a verb is about: the one asked for, or the only one there is.</summary>
    public XeVm ChooseVm(uint? id)
    {
        if (id is { } asked)
            return Player.File.FindVm(asked) ?? throw new InputException(Name, 0, $"no VM {asked} is left at the end");
        return Player.File.Vms.Count switch
        {
            1 => Player.File.Vms.First(),
            0 => throw new InputException(Name, 0, "no VM is left at the end"),
            _ => throw new InputException(
                Name, 0, $"choose one of the VMs {string.Join(", ", Player.File.Vms.Select(vm => vm.Id))} with --vm"),
        };
    }

    public void Dispose() => Player.Dispose();

    private static InputException? Play(
        TraceReader reader, TracePlayer player, ReplayRequest request, List<CallOutcome> outcomes, Action<long> done)
    {
        foreach (TraceRecord record in reader.Records(request.KeepFields))
        {
            if (record.Line > request.StopAt)
                break;
            try
            {
                outcomes.Add(player.Play(record, request.CheckExpected));
            }
            catch (MalformedRecordException e)
            {
                InputException stop = reader.At(e.Message);
                // What did not come out as expected is why the record makes no sense; that is what the user has to hear.
                return outcomes.Any(outcome => outcome.Differences.Count > 0) ? stop : throw stop;
            }

            done(reader.BytesRead);
        }

        return null;
    }
}
