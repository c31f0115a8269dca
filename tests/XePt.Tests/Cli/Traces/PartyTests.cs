using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Traces of several clients and devices, and what they share.</summary>
public class PartyTests
{
    private const string Bo = """{"ioctl":"GEM_CREATE","size":"0x10000","placement":3,"cpu_caching":"WC","as":"bo","expect":{"errno":0}}""";

    private static readonly string[] SharedBo =
    [
        Bo,
        """{"ioctl":"PRIME_HANDLE_TO_FD","handle":"bo","flags":"CLOEXEC|RDWR","as":"shared","expect":{"errno":0,"fields":{"fd":3}}}""",
    ];

    [Fact]
    [Rule("DRM-027")]
    public void Clients_of_a_device_share_a_bo()
    {
        IsAsExpected(
            [
                .. SharedBo,
                """{"event":"open","as":"b"}""",
                """{"ioctl":"VM_CREATE","client":"b","as":"vm"}""",
                """{"ioctl":"PRIME_FD_TO_HANDLE","client":"b","fd":"shared","as":"its","expect":{"errno":0,"fields":{"handle":1}}}""",
                """{"ioctl":"PRIME_FD_TO_HANDLE","client":"b","fd":3,"expect":{"errno":0,"fields":{"handle":"its"}}}""",
                """{"ioctl":"GEM_CLOSE","handle":"bo"}""",
                """{"event":"close","fd":"shared","expect":{"errno":0}}""",
                """{"event":"close","fd":"shared","expect":{"errno":"EBADF"}}""",
                """{"ioctl":"PRIME_FD_TO_HANDLE","fd":"shared","expect":{"errno":"EBADF","rule":"DRM-027"}}""",
                """{"ioctl":"VM_BIND","client":"b","vm_id":"vm","binds":[{"op":"MAP","obj":"its","range":"0x10000","pat_index":9}],""" +
                """ "expect":{"errno":0,"vmas":[{"start":0,"end":"0x10000","kind":"bo","bo":"bo"}]}}""",
            ]);
    }

    [Fact]
    public void Every_vm_of_every_client_can_be_looked_at()
    {
        using TempFile trace = TempFile.Trace(
            [
                """{"ioctl":"VM_CREATE","as":"vm"}""",
                """{"event":"open","as":"b"}""",
                """{"ioctl":"VM_CREATE","client":"b"}""",
                """{"ioctl":"VM_CREATE","client":"b","as":"vm2"}""",
                """{"ioctl":"GEM_CREATE","client":"b","size":"0x10000","placement":2,"cpu_caching":"WC","as":"its"}""",
                """{"ioctl":"VM_BIND","client":"b","vm_id":"vm2","binds":[{"op":"MAP","obj":"its","range":"0x10000","pat_index":2}]}""",
                """{"event":"open","as":"c"}""",
                """{"ioctl":"VM_CREATE","client":"c","as":"vm"}""",
            ]);
        CliRun.Of("walk", trace.Path, "0x1000").IsBadInput("choose one of the VMs 1, 1 of b, 2 of b, 1 of c with --vm and --client");
        CliRun.Of("walk", trace.Path, "0x1000", "--client", "b").IsBadInput("choose one of the VMs 1 of b, 2 of b with --vm and --client");
        CliRun.Of("walk", trace.Path, "0x1000", "--client", "d").IsBadInput("no client \"d\" is left at the end");
        CliRun.Of("walk", trace.Path, "0x1000", "--client", "c", "--vm", "2")
            .IsBadInput("no VM 2 of c is left at the end, only 1 of c");
        Assert.StartsWith("0x1000 in vm 1, tile 0", CliRun.Of("walk", trace.Path, "0x1000", "--vm", "1").Out, StringComparison.Ordinal);
        Assert.StartsWith("0x1000 in vm 1 of c, ", CliRun.Of("walk", trace.Path, "0x1000", "--client", "c").Out, StringComparison.Ordinal);
        Assert.Contains("VMA [0x0, 0x10000) bo its", CliRun.Of("walk", trace.Path, "0x1000", "--vm", "2").Out, StringComparison.Ordinal);
        JsonElement walk = CliRun.Json("walk", trace.Path, "0x1000", "--vm", "1", "--client", "b");
        Assert.Equal(("b", 1), (walk.GetProperty("client").GetString(), walk.GetProperty("vm_id").GetInt32()));

        JsonElement[] mapped = [.. CliRun.Json("map", trace.Path, "--client", "b").GetProperty("vms").EnumerateArray()];
        Assert.Equal(["b 1", "b 2"], mapped.Select(vm => $"{vm.GetProperty("client")} {vm.GetProperty("vm_id")}"));
        CliRun.Of("map", trace.Path, "--vm", "3").IsBadInput("no such VM is left at the end, only 1, 1 of b, 2 of b, 1 of c");
        Assert.Contains("b: VM_CREATE", CliRun.Of("run", trace.Path).Out, StringComparison.Ordinal);
        Assert.Equal("c", CliRun.Json("run", trace.Path).GetProperty("calls")[7].GetProperty("client").GetString());
    }

    [Fact]
    [Rule("BIND-098")]
    public void A_bo_of_another_device_is_imported()
    {
        using TempFile trace = TempFile.Trace(
            [
                .. SharedBo,
                """{"event":"device","as":"igpu","platform":"lnl"}""",
                """{"event":"open","as":"b","device":"igpu"}""",
                """{"ioctl":"DEVICE_QUERY","client":"b","query":"CONFIG","expect":{"fields":{"info":{"REV_AND_DEVICE_ID":"0x64a0"}}}}""",
                """{"ioctl":"VM_CREATE","client":"b","vm_id":"vm","expect":{"errno":0,"fields":{"vm_id":1}}}""",
                """{"ioctl":"PRIME_FD_TO_HANDLE","client":"b","fd":"shared","as":"its","expect":{"errno":0}}""",
                """{"ioctl":"VM_BIND","client":"b","vm_id":"vm","binds":[{"op":"MAP","obj":"its","range":"0x10000"}],""" +
                """ "expect":{"errno":"EINVAL","rule":"BIND-098"}}""",
                """{"ioctl":"VM_BIND","client":"b","vm_id":"vm","binds":[{"op":"MAP","obj":"its","range":"0x10000","pat_index":1}],""" +
                """ "expect":{"errno":0}}""",
                """{"ioctl":"VM_CREATE","expect":{"fields":{"vm_id":1}}}""",
            ]);
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("vm 1 of b: ", run.Out, StringComparison.Ordinal);
        JsonElement[] vms = [.. CliRun.Json("run", trace.Path).GetProperty("vms").EnumerateArray()];
        Assert.Equal("b", vms.Single(vm => vm.TryGetProperty("client", out _)).GetProperty("client").GetString());
        Assert.True(CliRun.Json("diff", trace.Path, trace.Path).GetProperty("equal").GetBoolean());
        Assert.Equal(0, CliRun.Of("map", trace.Path).ExitCode);
    }

    [Fact]
    public void Clients_and_devices_come_also_when_the_first_client_has_closed()
    {
        IsAsExpected(
            [
                """{"event":"close"}""",
                """{"event":"open","as":"b"}""",
                """{"event":"device","as":"igpu","platform":"lnl"}""",
                """{"event":"open","as":"c","device":"igpu"}""",
                """{"ioctl":"VM_CREATE","client":"b","as":"vm","expect":{"errno":0}}""",
                """{"ioctl":"VM_CREATE","client":"c","as":"vm","expect":{"errno":0}}""",
            ]);
    }

    [Fact]
    [Rule("DRM-032")]
    public void Sync_files_and_objects_go_from_client_to_client()
    {
        IsAsExpected(
            [
                """{"event":"open","as":"b"}""",
                """{"ioctl":"SYNCOBJ_CREATE","as":"mine"}""",
                """{"ioctl":"SYNCOBJ_HANDLE_TO_FD","handle":"mine","flags":"EXPORT_SYNC_FILE",""" +
                """ "expect":{"errno":"EINVAL","rule":"DRM-032"}}""",
                """{"ioctl":"SYNCOBJ_TIMELINE_SIGNAL","handles":["mine"],"points":[4]}""",
                """{"ioctl":"SYNCOBJ_HANDLE_TO_FD","handle":"mine","flags":"EXPORT_SYNC_FILE|TIMELINE","point":4,"as":"file"}""",
                """{"ioctl":"SYNCOBJ_HANDLE_TO_FD","handle":"mine","as":"object","expect":{"errno":0,"fields":{"fd":4}}}""",
                """{"ioctl":"SYNCOBJ_CREATE","client":"b","as":"its"}""",
                """{"ioctl":"SYNCOBJ_FD_TO_HANDLE","client":"b","fd":"file","handle":"its","flags":"IMPORT_SYNC_FILE",""" +
                """ "expect":{"errno":0}}""",
                """{"ioctl":"SYNCOBJ_WAIT","client":"b","handles":["its"],"expect":{"errno":0}}""",
                """{"ioctl":"SYNCOBJ_FD_TO_HANDLE","client":"b","fd":"object","as":"same","expect":{"errno":0}}""",
                """{"ioctl":"SYNCOBJ_QUERY","client":"b","handles":["same"],"expect":{"values":[4]}}""",
                """{"ioctl":"SYNCOBJ_FD_TO_HANDLE","client":"b","fd":"file","expect":{"errno":"EINVAL","rule":"DRM-031"}}""",
            ]);
    }

    [Theory]
    [InlineData("""{"ioctl":"VM_CREATE","client":"b"}""", "'client': there is no client \"b\"")]
    [InlineData("""{"event":"open","as":"b","device":"gpu"}""", "'device': there is no device \"gpu\"")]
    [InlineData("""{"event":"open"}""", "'as' is missing")]
    [InlineData("""{"event":"device","as":"gpu"}""", "'platform' is missing")]
    [InlineData("""{"ioctl":"PRIME_FD_TO_HANDLE","fd":"x"}""", "no record before this one is called \"x\"")]
    [InlineData("""{"ioctl":"EXEC_QUEUE_CREATE","exec_queue_id":"a","as":"b"}""", "'as' and 'exec_queue_id' both name")]
    public void What_is_not_there_is_an_error_of_the_trace(string record, string message)
    {
        using TempFile trace = TempFile.Trace(record);
        CliRun run = CliRun.Of("run", trace.Path);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_closes_leaves_its_name_to_another()
    {
        IsAsExpected(
            [
                """{"event":"open","as":"b"}""",
                """{"ioctl":"VM_CREATE","client":"b","expect":{"fields":{"vm_id":1}}}""",
                """{"event":"close","client":"b"}""",
                """{"event":"open","as":"b"}""",
                """{"ioctl":"VM_CREATE","client":"b","expect":{"fields":{"vm_id":1}}}""",
            ]);
    }

    [Fact]
    public void Queues_are_named_where_their_id_comes_back()
    {
        IsAsExpected(
            [
                """{"ioctl":"VM_CREATE","vm_id":"vm"}""",
                """{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm","exec_queue_id":"render","instances":[{"engine_class":"RENDER"}],""" +
                """ "expect":{"errno":0,"fields":{"exec_queue_id":"render"}}}""",
                """{"ioctl":"EXEC_QUEUE_GET_PROPERTY","exec_queue_id":"render","expect":{"errno":0,"values":[0]}}""",
            ]);
    }

    [Fact]
    [Rule("UPTR-004")]
    [Rule("UPTR-006")]
    public void Read_only_memory_is_pinned_for_reading_and_not_written_by_ioctls()
    {
        IsAsExpected(
            [
                """{"ioctl":"VM_CREATE","as":"vm"}""",
                """{"event":"cpu_map","addr":"0x10000","runs":[["0x400000","0x1000"]],"read_only":true}""",
                """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP_USERPTR","userptr":"0x10000","range":"0x1000","pat_index":2}],""" +
                """ "expect":{"errno":"EPERM"}}""",
                """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP_USERPTR","flags":"READONLY","userptr":"0x10000",""" +
                """ "range":"0x1000","pat_index":2}],"expect":{"errno":0}}""",
                """{"event":"user_memory","addr":"0x20000","size":4096,"read_only":true}""",
                """{"ioctl":"DEVICE_QUERY","query":"CONFIG","data":"0x20000","expect":{"errno":"EFAULT","rule":"UAPI-011"}}""",
                """{"event":"user_memory","addr":"0x20000","size":4096}""",
                """{"ioctl":"DEVICE_QUERY","query":"CONFIG","data":"0x20000","expect":{"errno":0}}""",
            ]);
    }

    private static void IsAsExpected(string[] records)
    {
        using TempFile trace = TempFile.Trace(records);
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal("", run.Error);
        Assert.Contains("everything is as expected", run.Out, StringComparison.Ordinal);
    }
}
