using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Exec;
using XePt.Cli.Traces;
using XePt.Uapi;

namespace XePt.Cli.Reports;

/// <summary>What a program has done on the devices that it was run on.</summary>
internal static class ExecReport
{
    /// <summary>Version of its JSON.</summary>
    public const int Version = 1;

    private const int GemCreate = 0x41, VmCreate = 0x43, QueueCreate = 0x46, SyncobjCreate = 0xbf, Exec = 0x49;

    // Requests of the DRM core that are answered without the engine.
    private static readonly Dictionary<int, string> Core = new()
    {
        [0x00] = "VERSION",
        [0x01] = "GET_UNIQUE",
        [0x02] = "GET_MAGIC",
        [0x07] = "SET_VERSION",
        [0x0c] = "GET_CAP",
        [0x0d] = "SET_CLIENT_CAP",
        [0x11] = "AUTH_MAGIC",
        [0x1e] = "SET_MASTER",
        [0x1f] = "DROP_MASTER",
        [0xd1] = "SET_CLIENT_NAME",
    };

    public static void Write(Terminal terminal, ProgramCounts counts)
    {
        terminal.Line(
            $"{counts.Program} on {counts.Platform}: exit code {counts.ExitCode}, "
            + (counts.Processes.Count == 0 ? "no process has opened a device" : Count.Of(counts.Processes.Count, "process", "processes")));
        if (counts.Processes.Count == 0)
            return;
        WriteRequests(terminal, counts);
        WriteRefusals(terminal, counts);
        terminal.Line();
        terminal.Table(["what", Column.Number("count")], Rows(counts).Select(row => new Cell[] { row.Text, Number(row.Value) }));
        WriteLeft(terminal, counts);
        WriteChecks(terminal, counts);
    }

    public static void WriteFields(Utf8JsonWriter json, ProgramCounts counts)
    {
        json.WriteString("program", counts.Program);
        json.WriteString("platform", counts.Platform);
        json.WriteNumber("exit_code", counts.ExitCode);
        json.WriteObjects("processes", counts.Processes, process =>
        {
            json.WriteNumber("pid", process.Process);
            json.WriteNumber("parent", process.Parent);
            json.WriteString("name", process.Program);
            json.WriteNumber("ioctls", process.Requests.Sum());
        });
        json.WriteObjects("ioctls", counts.Requests, row =>
        {
            json.WriteString("name", NameOf(row.Request));
            json.WriteNumber("count", row.Count);
            json.WriteNumber("refused", row.Count - counts.Accepted(row.Request));
        });
        json.WriteObjects("refusals", counts.Refusals, refusal =>
        {
            json.WriteString("name", NameOf(refusal.Request));
            json.WriteErrno((Errno)refusal.Error);
            json.WriteString("rule", refusal.Rule.Length > 0 ? refusal.Rule : null);
            json.WriteNumber("count", refusal.Count);
        });
        foreach ((string name, _, long value) in Rows(counts))
            json.WriteNumber(name, value);
        WriteLeft(json, "left_at_close", counts.LeftAtClose);
        WriteLeft(json, "left_at_exit", counts.LeftAtExit);
        json.WriteBoolean("checked", counts.IsChecked);
        json.WriteNumber("tables_compared", counts.Devices.TablesCompared);
        json.WriteNumber("accesses_checked", counts.Devices.AccessesChecked);
        json.WriteNumber("violations", counts.Violations);
        json.WriteTexts("found", counts.Processes.SelectMany(process => process.Sentences));
    }

    private static void WriteRequests(Terminal terminal, ProgramCounts counts)
    {
        terminal.Line();
        terminal.Table(
            ["ioctl", Column.Number("count"), Column.Number("refused")],
            counts.Requests.Select(row => new Cell[]
            {
                NameOf(row.Request), Number(row.Count), Number(row.Count - counts.Accepted(row.Request)),
            }));
    }

    private static void WriteRefusals(Terminal terminal, ProgramCounts counts)
    {
        if (!counts.Refusals.Any())
            return;
        terminal.Line();
        terminal.Table(
            ["refused", "error", "rule", Column.Number("count")],
            counts.Refusals.Select(refusal => new Cell[]
            {
                NameOf(refusal.Request), new(ErrnoText.Of((Errno)refusal.Error), Ink.Bad), refusal.Rule, Number(refusal.Count),
            }));
    }

    private static IEnumerable<(string Name, string Text, long Value)> Rows(ProgramCounts counts)
    {
        DeviceCounts devices = counts.Devices;
        return
        [
            ("vms", "VMs made", counts.Accepted(VmCreate)),
            ("bos", "buffer objects made", counts.Accepted(GemCreate)),
            ("queues", "queues made", counts.Accepted(QueueCreate)),
            ("syncobjs", "sync objects made", counts.Accepted(SyncobjCreate)),
            ("tables_made", "page tables made", devices.TablesMade),
            ("execs", "EXECs", counts.Accepted(Exec)),
            ("jobs_completed", "jobs completed", devices.JobsCompleted),
            ("jobs_failed", "jobs failed, their queues reset", devices.JobsFailed),
            ("gt_resets", "GT resets", devices.GtResets),
            ("faults", "page faults", devices.Faults),
            ("migrations", "migrations of pages", devices.Migrations),
            ("migrated_bytes", "bytes migrated", devices.MigratedBytes),
            ("moves", "moves of buffer objects", devices.Moves),
            ("evictions", "evictions of buffer objects", devices.Evictions),
            ("flushes", "TLB flushes", devices.Flushes),
        ];
    }

    private static void WriteLeft(Terminal terminal, ProgramCounts counts)
    {
        terminal.Line();
        if (counts.LeftAtClose.Sum + counts.LeftAtExit.Sum == 0)
        {
            terminal.Line("nothing was left open", Ink.Good);
            return;
        }

        terminal.Table(
            ["left", Column.Number("BOs"), Column.Number("VMs"), Column.Number("queues"), Column.Number("sync objects")],
            [RowOf("by clients that were closed", counts.LeftAtClose), RowOf("open at exit", counts.LeftAtExit)]);
    }

    private static Cell[] RowOf(string what, ObjectCounts left) =>
        [what, Number(left.Bos), Number(left.Vms), Number(left.Queues), Number(left.Syncobjs)];

    private static void WriteLeft(Utf8JsonWriter json, string name, ObjectCounts left)
    {
        json.WriteStartObject(name);
        json.WriteNumber("bos", left.Bos);
        json.WriteNumber("vms", left.Vms);
        json.WriteNumber("queues", left.Queues);
        json.WriteNumber("syncobjs", left.Syncobjs);
        json.WriteEndObject();
    }

    private static void WriteChecks(Terminal terminal, ProgramCounts counts)
    {
        if (!counts.IsChecked)
            return;
        terminal.Line();
        foreach (string sentence in counts.Processes.SelectMany(process => process.Sentences))
            terminal.Line($"check: {sentence}", Ink.Bad, hang: 4);
        terminal.Line(
            $"checked: the tables of VMs {Number(counts.Devices.TablesCompared)} times, {Number(counts.Devices.AccessesChecked)} accesses; "
            + (counts.Violations == 0 ? "nothing was wrong" : Count.Of(counts.Violations, "violation")),
            counts.Violations == 0 ? Ink.Good : Ink.Bad,
            hang: 4);
    }

    private static string NameOf(int request)
    {
        string name = IoctlNames.Of((uint)request);
        if (name.Length == 0)
            return Core.GetValueOrDefault(request) ?? string.Create(CultureInfo.InvariantCulture, $"ioctl 0x{request:x2}");
        name = name["DRM_IOCTL_".Length..];
        return name.StartsWith("XE_", StringComparison.Ordinal) ? name["XE_".Length..] : name;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
