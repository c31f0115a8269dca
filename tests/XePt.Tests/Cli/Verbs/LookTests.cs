using System.Text.Json;
using XePt.Uapi;

namespace XePt.Tests.Cli;

/// <summary>The verbs that look at an end state, an entry or the uAPI: map, walk, pte, uapi.</summary>
public class LookTests
{
    private static readonly string Sparse = CliRun.Sample("vulkan-sparse.xetrace");

    [Fact]
    public void Map_shows_vmas_with_the_pages_that_are_mapped()
    {
        JsonElement[] vmas = [.. CliRun.Json("map", Sparse).GetProperty("vms")[0].GetProperty("vmas").EnumerateArray()];
        Assert.Equal(5, vmas.Length);
        JsonElement block = vmas[2];
        Assert.Equal(("heap", "0x3000000"), (block.GetProperty("bo").GetString(), block.GetProperty("offset").GetString()));
        Assert.Equal("64K", block.GetProperty("mapped")[0].GetProperty("size").GetString());
        Assert.Equal(1, block.GetProperty("mapped")[0].GetProperty("pages").GetInt32());

        // [0x40000000, 0x60000000) is all NULL leaves of 2 MiB.
        Assert.Equal("2M null", vmas[0].GetProperty("mapped")[0].GetProperty("size").GetString());
        Assert.Equal(256, vmas[0].GetProperty("mapped")[0].GetProperty("pages").GetInt32());
        Assert.Contains("1 x 64K", CliRun.Of("map", Sparse).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_shows_where_a_zap_lets_accesses_fault_among_scratch_pages()
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"VM_CREATE","flags":"SCRATCH_PAGE|LR_MODE|FAULT_MODE","as":"vm"}""",
            """{"ioctl":"GEM_CREATE","size":"0x200000","placement":2,"cpu_caching":"WC","as":"bo"}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","obj":"bo","addr":"0x100000000","range":"0x200000","pat_index":2}]}""",
            """{"event":"fault","vm_id":"vm","addr":"0x100000000"}""",
            """{"event":"zap","vm_id":"vm","addr":"0x100000000"}""");
        string before = CliRun.Of("map", trace.Path, "--platform", "lnl", "--stop-at", "2").Out;
        string text = CliRun.Of("map", trace.Path).Out;
        Assert.Contains("bars: . not mapped (scratch)", before, StringComparison.Ordinal);
        Assert.Matches(@"0x100000000  \[0+\] +2 MiB +bo +bo\+0x0", text);
        Assert.Matches(@"─ 1 +0x100000000  \[0\.+\]  1 zeroed", text);
        Assert.Contains("bars: 0 zeroed (faults)  d table below  . not mapped (scratch)", text, StringComparison.Ordinal);
        Assert.Matches("bound +none|invalidated +none", text);
    }

    [Fact]
    public void Map_reads_dumps_and_other_verbs_say_what_they_are_for()
    {
        using TempFile dump = TempFile.Trace();
        Assert.Equal(0, CliRun.Of("run", Sparse, "--dump", dump.Path).ExitCode);
        Assert.Equal(CliRun.Of("map", Sparse).Out, CliRun.Of("map", dump.Path).Out);
        CliRun.Of("map", dump.Path, "--platform", "lnl").IsBadInput("is a dump, which cannot be played in another way");
        foreach (string verb in (string[])["run", "explain"])
            CliRun.Of(verb, dump.Path).IsBadInput(
                ":1: the JSON ends too early, at column 2; dumps of xept run --dump are for xept map and xept diff");
    }

    /// <summary>Mappings are joined as they are met, so what is shown of half a million of them takes no more than that of a few
    /// thousand.</summary>
    [Theory]
    [InlineData("map")]
    [InlineData("map", "--json")]
    [InlineData("run", "--json")]
    public void What_is_joined_is_never_listed(params string[] command)
    {
        BytesFor("0x400000000");
        Assert.InRange(BytesFor("0x10000000000") - BytesFor("0x400000000"), int.MinValue, 256 << 10);

        long BytesFor(string range)
        {
            using TempFile trace = TempFile.Trace(
                """{"ioctl":"VM_CREATE","as":"vm"}""",
                $$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"NULL","addr":0,"range":"{{range}}","pat_index":2}]}""");
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal(0, CliRun.Of([command[0], trace.Path, .. command[1..]]).ExitCode);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Merge_joins_neighbours_that_are_alike()
    {
        JsonElement[] merged = [.. CliRun.Json("map", Sparse, "--merge").GetProperty("vms")[0].GetProperty("vmas").EnumerateArray()];
        Assert.Equal(["null", "bo", "null"], merged.Select(vma => vma.GetProperty("kind").GetString()));
        Assert.Equal("0x80000000", merged[2].GetProperty("end").GetString());
    }

    [Fact]
    public void Merge_joins_pieces_of_a_bo_only_where_their_offsets_go_on()
    {
        const string create = """{"ioctl":"GEM_CREATE","size":"0x4000","placement":1,"cpu_caching":"WC","as":"bo"}""";
        const string bind =
            """{"ioctl":"VM_BIND","vm_id":1,"binds":[{"op":"MAP","obj":"bo","addr":0,"range":"0x1000","pat_index":2},""" +
            """{"op":"MAP","obj":"bo","obj_offset":"0x1000","addr":"0x1000","range":"0x1000","pat_index":2},""" +
            """{"op":"MAP","obj":"bo","obj_offset":"0x3000","addr":"0x2000","range":"0x1000","pat_index":2}]}""";
        using TempFile trace = TempFile.Trace("""{"ioctl":"VM_CREATE"}""", create, bind);
        JsonElement[] merged = [.. CliRun.Json("map", trace.Path, "--merge").GetProperty("vms")[0].GetProperty("vmas").EnumerateArray()];
        Assert.Equal(["0x2000", "0x3000"], merged.Select(vma => vma.GetProperty("end").GetString()));
    }

    [Fact]
    public void Walk_shows_each_level_down_to_the_leaf_and_the_vma()
    {
        string trace = CliRun.Sample("mirror-lifecycle.xetrace");
        JsonElement walk = CliRun.Json("walk", trace, "0x7f2000001234");
        JsonElement[] levels = [.. walk.GetProperty("levels").EnumerateArray()];
        Assert.Equal([4, 3, 2, 1], levels.Select(level => level.GetProperty("level").GetInt32()));
        for (int i = 1; i < levels.Length; i++)
            Assert.Equal(levels[i - 1].GetProperty("address").GetString(), levels[i].GetProperty("table").GetString());
        Assert.Equal("mapped", walk.GetProperty("status").GetString());
        Assert.Equal(0x200000, walk.GetProperty("page_size").GetInt64());
        Assert.Equal(LeafAddress(levels[3]) + 0x1234, Hex(walk.GetProperty("address")));
        Assert.Equal("bo", walk.GetProperty("vma").GetProperty("kind").GetString());

        // Nothing is ever bound in a mirror itself; run and map show its pages like this, too.
        Assert.Contains("mirror offset=0x0 flags=CPU_ADDR_MIRROR pat_index=0 page_sizes=none present=false",
            CliRun.Of("walk", trace, "0x1000").Out, StringComparison.Ordinal);

        CliRun text = CliRun.Of("walk", trace, "0x7f2000001234");
        Assert.Contains("level 2: entry 128 of the table at", text.Out, StringComparison.Ordinal);
        Assert.Contains("XE_USM_PPGTT_PTE_AE", text.Out, StringComparison.Ordinal);
        Assert.Contains("VMA [0x7f2000000000, 0x7f2000200000) bo image", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Walk_says_when_it_hits_scratch_pages()
    {
        JsonElement scratch = CliRun.Json("walk", Sparse, "0x1000"), bound = CliRun.Json("walk", Sparse, "0x40000000");
        Assert.Equal("scratch", scratch.GetProperty("status").GetString());
        Assert.True(scratch.GetProperty("levels").EnumerateArray().Last().GetProperty("scratch").GetBoolean());
        Assert.All(bound.GetProperty("levels").EnumerateArray(), level => Assert.False(level.GetProperty("scratch").GetBoolean()));
        string text = CliRun.Of("walk", Sparse, "1000").Out;
        Assert.Contains(", scratch\n", text, StringComparison.Ordinal);
        Assert.Contains("0x1000 is not mapped: it hits a scratch page of 1 GiB", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Walk_ends_where_nothing_is_present_and_at_null_pages()
    {
        JsonElement fault = CliRun.Json("walk", CliRun.Sample("mirror-lifecycle.xetrace"), "0x1000");
        Assert.Equal("not-present", fault.GetProperty("status").GetString());
        Assert.Equal("mirror", fault.GetProperty("vma").GetProperty("kind").GetString());
        Assert.Equal("null", CliRun.Json("walk", Sparse, "0x40000000").GetProperty("status").GetString());
        Assert.False(CliRun.Json("walk", Sparse, "0x90000000").TryGetProperty("vma", out _));
    }

    [Fact]
    public void Walk_needs_a_vm_tile_and_address_that_are_there()
    {
        CliRun.Of("walk", CliRun.Sample("mistakes.xetrace"), "0").IsBadInput("choose one of the VMs 1, 2, 3 with --vm");
        Assert.Equal(
            "mapped", CliRun.Json("walk", CliRun.Sample("mistakes.xetrace"), "0x100000000", "--vm", "2").GetProperty("status").GetString());
        CliRun.Of("walk", CliRun.Sample("mistakes.xetrace"), "0", "--vm", "7").IsBadInput("no VM 7 is left at the end");
        CliRun.Of("walk", CliRun.Sample("vulkan-anv.xetrace"), "0")
            .IsBadInput("vulkan-anv.xetrace: no VM is left at the end (--stop-at LINE shows an earlier state)");
        CliRun.Of("walk", Sparse, "0x1000000000000").IsBadInput("is beyond vm 1, which ends at 0x1000000000000");
        CliRun.Of("walk", Sparse, "0", "--tile", "1").IsBadInput("the device has no tile 1");
    }

    // Entries of the worked examples in specification 03, section 4.
    [Theory]
    [InlineData("0000000080010803", "dg2", 0, true, "64K leaf 0x80010000 present writable pat=0 device")]
    [InlineData("0x000000010000205b", "dg2", 1, false, "directory 0x100002000 present writable pat=3 compact")]
    public void Pte_decodes_an_entry(string entry, string platform, int level, bool isCompact, string decoded)
    {
        string[] args = ["pte", entry, "--platform", platform, "--level", $"{level}", .. isCompact ? ["--compact"] : Array.Empty<string>()];
        Assert.Equal(decoded, CliRun.Json(args).GetProperty("decoded").GetString());
        Assert.Contains(decoded, CliRun.Of(args).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Pte_takes_every_bit_apart()
    {
        JsonElement pte = CliRun.Json("pte", "0xffffffffffffffff", "--platform", "lnl", "--level", "1");
        int bits = pte.GetProperty("fields").EnumerateArray()
            .Sum(field => field.GetProperty("high").GetInt32() - field.GetProperty("low").GetInt32() + 1);
        Assert.Equal(64, bits);
        Assert.NotEqual("0x0", pte.GetProperty("unexpected_bits").GetString());
    }

    [Theory]
    [InlineData("--platform: ", "xyz", "lnl", "0", "\"xyz\" is not a hexadecimal number")]
    [InlineData("levels", "1", "lnl", "5", "lnl has levels 0 to 4")]
    [InlineData("levels", "1", "mtl", "4", "mtl has levels 0 to 3")]
    [InlineData("levels", "1", "lnl", "-1", "--level: \"-1\" is not a number of at least 0")]
    [InlineData("compact", "1", "tgl", "0", "tgl has no compact tables", "--compact")]
    [InlineData("compact", "1", "lnl", "1", "only level-0 tables can be compact", "--compact")]
    public void Pte_refuses_what_cannot_be(
        string _, string entry, string platform, string level, string message, params string[] options) =>
        CliRun.Of(["pte", entry, "--platform", platform, "--level", level, .. options]).IsBadInput(message);

    [Fact]
    public void Uapi_json_has_exactly_the_promised_shape()
    {
        JsonElement uapi = CliRun.Json("uapi");
        Assert.Equal(["structs", "constants"], uapi.EnumerateObject().Select(field => field.Name));
        JsonElement op = uapi.GetProperty("structs").GetProperty("drm_xe_vm_bind_op");
        Assert.Equal(["size", "fields"], op.EnumerateObject().Select(field => field.Name));
        Assert.Equal(80, op.GetProperty("size").GetInt32());
        Assert.Equal(
            [16, 8], op.GetProperty("fields").GetProperty("cpu_addr_mirror_offset").EnumerateArray().Select(number => number.GetInt32()));
        Assert.Equal("0x40886445", uapi.GetProperty("constants").GetProperty("DRM_IOCTL_XE_VM_BIND").GetString());
        Assert.Equal(UapiTable.Structs.Count, uapi.GetProperty("structs").EnumerateObject().Count());
    }

    private static ulong LeafAddress(JsonElement level) => Hex(level.GetProperty("address"));

    private static ulong Hex(JsonElement value) => Convert.ToUInt64(value.GetString(), 16);
}
