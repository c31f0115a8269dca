using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>What a trace says of the client's memory, and the checks that depend on it.</summary>
public class UserMemoryTests
{
    private const string Plain = """{"event":"user_memory","addr":"0x40000","size":8}""";

    [Theory]
    [Rule("BIND-035")]
    [Rule("UAPI-004")]
    [Rule("UAPI-006")]
    [Rule("UAPI-007")]
    [InlineData("[0,0,0,0,0,0]", 0, null)]
    [InlineData("[\"0x10000\"]", -7, "UAPI-004")]
    [InlineData("[\"0x20000\"]", -14, "UAPI-004")]
    [InlineData("[0,1]", -22, "UAPI-004")]
    [InlineData("[0,\"0x100000000\"]", -22, "UAPI-004")]
    [InlineData("[0,0,1]", -22, "UAPI-006")]
    [InlineData("[0,0,\"0x100000000\"]", -22, "UAPI-006")]
    [InlineData("[0,0,0,1]", -19, "UAPI-007")]
    [InlineData("[0,0,0,2]", -22, "UAPI-007")]
    public void The_extension_chain_of_gem_create_is_read_and_explained(string words, int errno, string? rule)
    {
        using TempFile trace = TempFile.Trace($$"""{"event":"user_memory","addr":"0x10000","words":{{words}}}""", Create("0x10000"));
        JsonElement call = Explain(trace, 3);
        Assert.Equal(errno, call.GetProperty("errno").GetInt32());
        JsonElement[] checks = [.. call.GetProperty("checks").EnumerateArray()];
        Assert.Contains(checks, check => check.GetProperty("rule").GetString() == "UAPI-007");
        JsonElement[] rejecting = [.. checks.Where(check => check.GetProperty("verdict").GetString() == "REJECTED")];
        Assert.Equal(
            rule, rejecting.SingleOrDefault() is { ValueKind: JsonValueKind.Object } found ? found.GetProperty("rule").GetString() : null);
    }

    /// <summary>The head of an extension ends where the memory does, so the rest of it cannot be read again.</summary>
    [Theory]
    [Rule("UAPI-006")]
    [InlineData("""{"ioctl":"GEM_CREATE","size":"0x1000","placement":1,"cpu_caching":"WB","extensions":"0x10ff0"}""")]
    [InlineData("""{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm","extensions":"0x10ff0","instances":[{"engine_class":0}]}""")]
    public void An_extension_whose_rest_cannot_be_read_is_a_fault(string create)
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"VM_CREATE","as":"vm"}""", """{"event":"user_memory","addr":"0x10ff0","words":[0,0]}""", create);
        JsonElement call = Explain(trace, 4);
        Assert.Equal(-14, call.GetProperty("errno").GetInt32());
        JsonElement rejecting = call.GetProperty("checks").EnumerateArray().Single(
            check => check.GetProperty("verdict").GetString() == "REJECTED");
        Assert.Equal("UAPI-006", rejecting.GetProperty("rule").GetString());
    }

    [Theory]
    [Rule("UAPI-004")]
    [Rule("UAPI-006")]
    [Rule("UAPI-008")]
    [InlineData("[0,0,1,5000]", 0, null)]
    [InlineData("[\"0x10000\"]", -7, "UAPI-004")]
    [InlineData("[\"0x20000\"]", -14, "UAPI-004")]
    [InlineData("[0,1]", -22, "UAPI-004")]
    [InlineData("[0,0,9]", -22, "UAPI-006")]
    [InlineData("[0,0,0,3]", -22, "UAPI-008")]
    public void So_is_that_of_exec_queue_create(string words, int errno, string? rule)
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"VM_CREATE","as":"vm"}""",
            $$"""{"event":"user_memory","addr":"0x10000","words":{{words}}}""",
            """{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm","extensions":"0x10000","instances":[{"engine_class":0}]}""");
        JsonElement call = Explain(trace, 4);
        Assert.Equal(errno, call.GetProperty("errno").GetInt32());
        JsonElement[] rejecting = [
            .. call.GetProperty("checks").EnumerateArray().Where(check => check.GetProperty("verdict").GetString() == "REJECTED")];
        Assert.Equal(
            rule, rejecting.SingleOrDefault() is { ValueKind: JsonValueKind.Object } found ? found.GetProperty("rule").GetString() : null);
    }

    [Theory]
    [InlineData("0x10ff0", -14, "UAPI-006")] // the header is in the page, the property behind its end
    [InlineData("0x10fd0", 0, null)]
    [InlineData("0xffffffffffffffff", -14, "UAPI-004")]
    public void Memory_comes_in_whole_pages(string extensions, int errno, string? rule)
    {
        using TempFile trace = TempFile.Trace("""{"event":"user_memory","addr":"0x10800","bytes":"00"}""", Create(extensions));
        JsonElement call = Explain(trace, 3);
        Assert.Equal(errno, call.GetProperty("errno").GetInt32());
        if (rule is not null)
            Assert.Equal(rule, call.GetProperty("rejection").GetProperty("rule").GetString());
    }

    [Fact]
    [Rule("BIND-122")]
    public void A_user_fence_beside_declared_memory_is_unreadable_and_all_memory_is_there_before_any_is_declared()
    {
        Assert.Equal((0, 0), (BindWithFence("0x50000"), BindWithFence("0x40000", Plain)));
        Assert.Equal(-14, BindWithFence("0x50000", Plain));
        // The bytes that follow the declared ones in their page are there, those of the next page are not.
        Assert.Equal((0, -14), (BindWithFence("0x40ff8", Plain), BindWithFence("0x41000", Plain)));
    }

    [Fact]
    public void Cpu_memory_is_there_while_it_is_mapped()
    {
        const string map = """{"event":"cpu_map","addr":"0x50000","runs":[["0x100000","0x2000"]]}""";
        Assert.Equal((0, 0), (BindWithFence("0x51000", map), BindWithFence("0x60000", map)));
        Assert.Equal((0, -14), (BindWithFence("0x51000", Plain, map), BindWithFence("0x52000", map, Plain)));
        Assert.Equal(-14, BindWithFence("0x51000", Plain, map, """{"event":"cpu_unmap","addr":"0x50000"}"""));
    }

    [Fact]
    public void Bytes_words_and_size_say_the_same()
    {
        string[] spellings = ["\"words\":[0,1]", "\"words\":[0,\"0x1\"]", "\"bytes\":\"0000000000000000 0100000000000000\""];
        foreach (string spelling in spellings)
        {
            // Declared again by size alone, the content stays.
            using TempFile trace = TempFile.Trace(
                $$"""{"event":"user_memory","addr":"0x10000",{{spelling}}}""",
                """{"event":"user_memory","addr":"0x10000","size":"0x1000"}""", Create("0x10000"));
            Assert.Equal("GEM_CREATE has no such extension", Explain(trace, 4).GetProperty("rejection").GetProperty("because").GetString());
        }
    }

    [Theory]
    [InlineData("\"addr\":0", "memory has 'size', 'bytes' or 'words'")]
    [InlineData("\"size\":1", "'addr' is missing")]
    [InlineData("\"addr\":0,\"size\":0", "the memory is empty")]
    [InlineData("\"addr\":0,\"words\":[]", "the memory is empty")]
    [InlineData("\"addr\":\"0x7fffffffffffffff\",\"size\":2", "does not end below 2^63")]
    [InlineData("\"addr\":\"0xffffffffffffffff\",\"size\":\"0xffffffffffffffff\"", "does not end below 2^63")]
    [InlineData("\"addr\":0,\"size\":1,\"bytes\":\"00\"", "unknown field 'size'")]
    [InlineData("\"addr\":0,\"bytes\":\"0\"", "'bytes': \"0\" is not pairs of hexadecimal digits")]
    [InlineData("\"addr\":0,\"bytes\":\"0x\"", "is not pairs of hexadecimal digits")]
    [InlineData("\"addr\":0,\"words\":[\"0x10000000000000000\"]", "'words': \"0x10000000000000000\" is not an unsigned number")]
    public void Memory_that_makes_no_sense_is_an_error(string fields, string message)
    {
        using TempFile trace = TempFile.Trace($$"""{"event":"user_memory",{{fields}}}""");
        CliRun.Of("run", trace.Path).IsBadInput($"{trace.Path}:2: ");
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    private static string Create(string extensions) =>
        $$"""{"ioctl":"GEM_CREATE","size":"0x1000","placement":1,"cpu_caching":"WB","extensions":"{{extensions}}"}""";

    private static JsonElement Explain(TempFile trace, int line) =>
        CliRun.Json("explain", trace.Path, "--line", $"{line}").GetProperty("calls").EnumerateArray().Single();

    /// <summary>The errno of a bind that signals a user fence, after some events.</summary>
    private static int BindWithFence(string address, params string[] events)
    {
        using TempFile trace = TempFile.Trace(
            [
                """{"ioctl":"VM_CREATE","flags":"LR_MODE","as":"vm"}""",
                .. events,
                $$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"NULL","range":"0x1000"}],"syncs":[""" +
                $$"""{"type":"USER_FENCE","flags":"SIGNAL","addr":"{{address}}","timeline_value":1}]}""",
            ]);
        return CliRun.Json("run", trace.Path).GetProperty("calls").EnumerateArray().Last().GetProperty("errno").GetInt32();
    }
}
