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
        (int Line, string Event)[] moments = [.. fences.Select(moment => (moment.GetProperty("line").GetInt32(), moment.GetProperty("event").GetString()!))];
        Assert.Contains((12, "submitted"), moments);
        Assert.Contains((16, "written"), moments);
        Assert.Contains((17, "submitted"), moments);
        Assert.Contains((19, "written"), moments);
        Assert.Contains((19, "user fence written"), moments);
        Assert.All(fences, moment => Assert.True(moment.GetProperty("signalled").GetBoolean()));
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
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"NULL","addr":"0x100000","range":"0x1000","pat_index":2}],"syncs":[{"handle":"sync"}]}""",
            """{"event":"signal","fence":"f"}""",
            """{"event":"pump"}""",
        ];
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, records);
            JsonElement[] fences = [.. CliRun.Json("run", path).GetProperty("fences").EnumerateArray()];
            Assert.Equal([5, 7], fences.Select(moment => moment.GetProperty("line").GetInt32()));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
