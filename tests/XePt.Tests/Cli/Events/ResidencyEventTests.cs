namespace XePt.Tests.Cli;

/// <summary>Trace events that move BOs.</summary>
public class ResidencyEventTests
{
    private const string CreateVm = """{"ioctl":"VM_CREATE","as":"vm"}""";
    private const string CreateBo = """{"ioctl":"GEM_CREATE","size":"0x200000","placement":3,"cpu_caching":"WC","as":"bo"}""";
    private const string MapBo =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","obj":"bo","addr":"0x40000000","range":"0x200000","pat_index":2}]}""";
    private const string Move = """{"event":"bo_move","obj":"bo","region":0,"expect":{"errno":0}}""";
    private const string Rebind = """{"event":"rebind","vm_id":"vm","expect":{"errno":0}}""";
    private const string Runs = """[["0x500000000","0x200000"]]""";

    [Theory]
    [InlineData(Move)]
    [InlineData("""{"event":"bo_evict","obj":"bo"}""")]
    [InlineData("""{"event":"evict_all"}""")]
    [InlineData($$"""{"event":"bo_move","obj":"bo","region":0,"runs":{{Runs}}}""")]
    public void A_move_alone_leaves_the_tables_of_a_dma_fence_vm_as_they_are(string move) =>
        Assert.Equal(DigestOf(CreateVm, CreateBo, MapBo), DigestOf(CreateVm, CreateBo, MapBo, move));

    [Fact]
    public void A_move_to_runs_and_a_rebind_are_what_bo_runs_does_at_once()
    {
        string atOnce = DigestOf(CreateVm, CreateBo, MapBo, $$"""{"event":"bo_runs","obj":"bo","region":0,"runs":{{Runs}}}""");
        Assert.Equal(
            atOnce, DigestOf(CreateVm, CreateBo, MapBo, $$"""{"event":"bo_move","obj":"bo","region":0,"runs":{{Runs}}}""", Rebind));
        Assert.NotEqual(atOnce, DigestOf(CreateVm, CreateBo, MapBo));
    }

    [Fact]
    public void An_evicted_bo_comes_back_with_the_rebind()
    {
        string bound = DigestOf(CreateVm, CreateBo, MapBo);
        Assert.Equal(bound, DigestOf(CreateVm, CreateBo, MapBo, """{"event":"bo_evict","obj":"bo"}""", Rebind));
        Assert.NotEqual(bound, DigestOf(CreateVm, CreateBo, MapBo, Move, Rebind));
    }

    [Fact]
    public void A_pinned_bo_stays()
    {
        string[] pinned = [CreateVm, CreateBo, """{"event":"bo_pin","obj":"bo"}"""];
        string refused = Move.Replace("0}}", """-16,"rule":"EVT-001"}}""", StringComparison.Ordinal);
        Expect([.. pinned, refused]);
        Expect([.. pinned, """{"event":"bo_pin","obj":"bo","pinned":false}""", Move]);
    }

    [Theory]
    [InlineData(
        """{"event":"bo_move","obj":"bo","region":0,"runs":[["0x1000","0x1000"]]}""", "'runs': they hold 0x1000 bytes, the BO 0x200000")]
    [InlineData("""{"event":"bo_pin","obj":"bo","pinned":1}""", "pinned")]
    [InlineData("""{"event":"rebind","vm_id":7}""", "there is no VM 7")]
    public void A_wrong_event_is_an_error_of_the_trace(string record, string message)
    {
        using TempFile trace = TempFile.Trace(CreateVm, CreateBo, record);
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    private static string DigestOf(params string[] records)
    {
        using TempFile trace = TempFile.Trace(records);
        return CliRun.Json("run", trace.Path).GetProperty("vms")[0].GetProperty("digest").GetString()!;
    }

    private static void Expect(params string[] records)
    {
        using TempFile trace = TempFile.Trace(records);
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.True(run.ExitCode == 0, run.Out);
    }
}
