using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Traces with fences, queues and waits.</summary>
public class AsyncTraceTests
{
    private static readonly string Sample = CliRun.Sample("async-binds.xetrace");

    [Fact]
    public void The_sample_is_as_it_expects() => Assert.Equal(0, CliRun.Of("run", Sample, "--expect").ExitCode);

    [Fact]
    public void The_fence_timeline_shows_what_waited_for_what()
    {
        JsonElement[] fences = [.. CliRun.Json("run", Sample).GetProperty("fences").EnumerateArray()];
        (int Line, string Event)[] moments = [
            .. fences.Select(moment => (moment.GetProperty("line").GetInt32(), moment.GetProperty("event").GetString()!))];
        Assert.Contains((12, "submitted"), moments);
        Assert.Contains((16, "written"), moments);
        Assert.Contains((17, "submitted"), moments);
        Assert.Contains((19, "written"), moments);
        Assert.Contains((19, "user fence written"), moments);
        Assert.All(fences, moment => Assert.True(moment.GetProperty("signalled").GetBoolean()));
    }

    [Fact]
    public void The_timeline_tells_queues_apart_and_names_them()
    {
        string text = CliRun.Of("run", Sample).Out;
        foreach (string line in (string[])["vm 1 bind queue 1:1 (uploads)", "vm 1 bind queue 1 media TLB flush:1 (uploads)",
            "vm 1 bind queue 1 user fences:1 (uploads)", "vm 1 queue 3 jobs:1 (render)"])
            Assert.Contains(line, text, StringComparison.Ordinal);

        JsonElement[] fences = [.. CliRun.Json("run", Sample).GetProperty("fences").EnumerateArray()];
        JsonElement job = fences.Single(moment => moment.GetProperty("event").GetString() == "started");
        Assert.Equal((3u, "render", false),
            (job.GetProperty("queue").GetUInt32(), job.GetProperty("queue_name").GetString(), job.GetProperty("client").GetBoolean()));
        Assert.Equal([11, 16], fences.Where(moment => moment.GetProperty("fence").GetString() == "fence copy").Select(
            moment => moment.GetProperty("line").GetInt32()));
    }

    [Fact]
    public void Binds_and_jobs_show_their_queue_and_their_syncs()
    {
        string text = CliRun.Of("run", Sample).Out;
        Assert.Contains(
            "VM_BIND vm 1 queue 1 (uploads): MAP buffer+0x0 at [0x100000000, 0x100200000) pat 2, in syncobj 1 (upload_done), out syncobj " +
            "2 (bound): ok", text, StringComparison.Ordinal);
        Assert.Contains(
            "UNMAP at [0x100000000, 0x100200000), in syncobj 3 (frame), out user fence 0x7000 = 0x1: ok", text, StringComparison.Ordinal);
        Assert.Contains(
            "EXEC queue 3 (render): batch 0x100000000, in syncobj 2 (bound), out syncobj 3 (frame): ok", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_engine_queues_and_the_syncobjs_that_the_client_signals_have_lines_of_their_own()
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"VM_CREATE","as":"vm"}""",
            """{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm","instances":[{"engine_class":"RENDER"}],"as":"draw"}""",
            """{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm","instances":[{"engine_class":"COPY"}]}""",
            """{"ioctl":"SYNCOBJ_CREATE","as":"go"}""",
            """{"ioctl":"SYNCOBJ_CREATE"}""",
            """{"event":"fence","as":"f","handle":"go","point":3}""",
            """{"ioctl":"EXEC","exec_queue_id":"draw","address":"0x1000","syncs":[""" +
            """{"type":"TIMELINE_SYNCOBJ","handle":"go","timeline_value":3}]}""",
            """{"ioctl":"EXEC","exec_queue_id":2,"address":"0x1000"}""",
            """{"ioctl":"SYNCOBJ_TIMELINE_SIGNAL","handles":[2],"points":[7]}""",
            """{"ioctl":"SYNCOBJ_RESET","handles":[2]}""",
            """{"event":"signal","fence":"f"}""",
            """{"event":"pump","expect":{"errno":0,"values":[0]}}""");
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        foreach (string line in (string[])
            [
                "EXEC queue 1 (draw): batch 0x1000, in syncobj 1 (go) point 3: ok",
                "fence f                     client  put into syncobj 1 (go) point 3 7@0, signalled 12@0",
                "vm 1 queue 1 jobs:1 (draw)  tile 0  submitted 8@0, started 12@0, completed 12@0",
                "vm 1 queue 2 jobs:1         tile 0  submitted 9@0, started 9@0, completed 9@0",
                "syncobj 2 point 7           client  signalled 10@0",
                "syncobj 2                   client  reset 11@0",
                "pump 0 jobs: with the inline drive work runs where a signal makes it ready: ok",
            ])
            Assert.Contains(line, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_queued_device_waits_for_the_pump()
    {
        const string Head = """{"xetrace":1,"platform":"bmg","options":{"drive":"queued"}}""";
        string[] records =
        [
            Head,
            """{"ioctl":"VM_CREATE","as":"vm"}""",
            """{"ioctl":"SYNCOBJ_CREATE","as":"sync"}""",
            """{"event":"fence","as":"f","handle":"sync"}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[""" +
            """{"op":"MAP","flags":"NULL","addr":"0x100000","range":"0x1000","pat_index":2}],"syncs":[{"handle":"sync"}]}""",
            """{"event":"signal","fence":"f"}""",
            """{"event":"pump"}""",
        ];
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, records);
            JsonElement[] fences = [.. CliRun.Json("run", path).GetProperty("fences").EnumerateArray()];
            (int, string?)[] moments = [
                .. fences.Select(moment => (moment.GetProperty("line").GetInt32(), moment.GetProperty("event").GetString()))];
            Assert.Equal([(4, "put into syncobj 1 (sync)"), (5, "submitted"), (6, "signalled"), (7, "written")], moments);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
