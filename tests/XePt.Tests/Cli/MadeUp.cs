using XePt.Cli.Exec;
using XePt.Uapi;

namespace XePt.Tests.Cli;

/// <summary>What a program has done that nobody has run.</summary>
internal static class MadeUp
{
    /// <summary>Two processes: the second one is a child that was left to itself.</summary>
    public static ProgramCounts Program { get; } = new("./program", "bmg", 0, IsChecked: false,
    [
        new ProcessCounts
        {
            Process = 4711,
            Parent = 4700,
            Program = "program",
            Requests = Requests(
                (0x00, 1), (0x41, 40), (0x43, 3), (0x44, 2), (0x45, 1_234_567), (0x46, 2), (0x49, 400), (0x5f, 1), (0xbf, 9)),
            Refusals =
            [
                new(0x45, (int)Errno.EINVAL, "BIND-074", 12), new(0x45, (int)Errno.ENOMEM, "", 1),
                new(0x45, (int)Errno.EINVAL, "BIND-097", 30), new(0x5f, (int)Errno.EINVAL, "01 section 1", 1),
            ],
            Devices = new DeviceCounts(
                TablesMade: 91, Faults: 17, Migrations: 4, MigratedBytes: 8 << 20, Moves: 3, Evictions: 2, Flushes: 1_000,
                JobsCompleted: 398, JobsFailed: 2, GtResets: 1, TablesCompared: 0, AccessesChecked: 0),
            LeftAtClose = new ObjectCounts(Bos: 2, Vms: 1, Queues: 0, Syncobjs: 4),
        },
        new ProcessCounts
        {
            Process = 4712,
            Parent = 4711,
            Program = "program",
            Requests = Requests((0x43, 1), (0x45, 10)),
            Refusals = [new(0x45, (int)Errno.EINVAL, "BIND-074", 1)],
            Devices = new DeviceCounts { TablesMade = 5, Flushes = 7 },
            LeftAtExit = new ObjectCounts(Bos: 0, Vms: 1, Queues: 0, Syncobjs: 0),
        },
    ]);

    /// <summary>The first one alone, checked, with what nobody may see.</summary>
    public static ProgramCounts ProgramWithViolations { get; } = Program with
    {
        IsChecked = true,
        Processes =
        [
            Program.Processes[0] with
            {
                LeftAtClose = default,
                Devices = Program.Processes[0].Devices with { TablesCompared = 12_345, AccessesChecked = 987_654 },
                Violations = 2,
                Sentences =
                [
                    "after DRM_IOCTL_XE_VM_BIND: vm 1 tile 0: 0x100010000: expected no leaf, found 4K leaf 0x280000000 present",
                    "after a batch: NotFlushed: engine used Mapped 0x7000 for 0x40000000 of vm 1, gt0 invalidation 7",
                ],
            },
        ],
    };

    private static long[] Requests(params ReadOnlySpan<(int Number, long Count)> counts)
    {
        long[] requests = new long[256];
        foreach ((int number, long count) in counts)
            requests[number] = count;
        return requests;
    }
}
