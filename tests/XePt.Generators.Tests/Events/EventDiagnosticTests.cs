using XePt.Generators.Events;

namespace XePt.Generators.Tests.Events;

public class EventDiagnosticTests
{
    private const string Fields = "internal struct F { [Recorded(8)] public uint Number; }";

    [Theory]
    [InlineData("static class D { }")]
    [InlineData("partial class D { }")]
    [InlineData("static partial class D<T> { }")]
    public void XEPT0701_a_class_that_cannot_be_extended(string type) =>
        Run($"[EngineEvents(\"S\")] internal {type}").AssertDiagnostic("XEPT0701", "D");

    [Theory]
    [InlineData("static void E(Watch watch, in F fields) { }")]
    [InlineData("static partial int E(Watch watch, in F fields);")]
    [InlineData("static partial void E(Watch watch, F fields);")]
    [InlineData("static partial void E(int watch, in F fields);")]
    [InlineData("static partial void E(Watch watch);")]
    [InlineData("static partial void E(Watch watch, in Watch fields);")]
    [InlineData("static partial void E<T>(Watch watch, in F fields);")]
    public void XEPT0702_a_method_that_cannot_be_written(string method) =>
        RunEvents($"[EngineEvent(1, \"e\", Groups.Pages, EventLevel.Verbose)] internal {method}").AssertDiagnostic("XEPT0702", "E");

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void XEPT0703_a_number_that_no_event_can_have(int id)
    {
        string message = RunEvents(Event("A", id, "a")).AssertDiagnostic("XEPT0703", "A");
        Assert.Equal($"'A' has the number {id}, which is not from 1 to 255", message);
    }

    [Fact]
    public void XEPT0703_a_number_used_twice()
    {
        string message = RunEvents(Event("A", 1, "a") + Event("B", 1, "b")).AssertDiagnostic("XEPT0703", "B");
        Assert.Equal("'B' has the number 1, which is that of D.A", message);
    }

    [Fact]
    public void XEPT0704_a_name_used_twice()
    {
        string message = RunEvents(Event("A", 1, "a") + Event("B", 2, "a")).AssertDiagnostic("XEPT0704", "B");
        Assert.Equal("'B' is named a as is 'D.A'", message);
    }

    [Theory]
    [InlineData("double")]
    [InlineData("object")]
    [InlineData("DateTime")]
    public void XEPT0705_a_type_that_no_event_can_carry(string type) =>
        RunEvents(Event("A", 1, "a"), $"internal struct F {{ public {type} Number; }}").AssertDiagnostic("XEPT0705", "Number");

    [Theory]
    [InlineData("[Recorded(0)] public uint Number;")]
    [InlineData("[Recorded(33)] public uint Number;")]
    [InlineData("[Recorded(56, Shift = 12)] public ulong Number;")]
    [InlineData("[Recorded(2)] public bool Number;")]
    [InlineData("[Recorded(8)] public string Number;")]
    [InlineData("[Recorded(8, Shift = -1)] public uint Number;")]
    public void XEPT0706_a_field_that_cannot_be_kept(string field) =>
        RunEvents(Event("A", 1, "a"), $"internal struct F {{ {field} }}").AssertDiagnostic("XEPT0706", "Number");

    [Fact]
    public void XEPT0706_is_said_once_for_fields_that_events_share() =>
        RunEvents(Event("A", 1, "a") + Event("B", 2, "b"), "internal struct F { [Recorded(0)] public uint Number; }")
            .AssertDiagnostic("XEPT0706", "Number");

    [Fact]
    public void XEPT0707_more_than_a_record_has_room_for()
    {
        const string Three =
            "internal struct F { [Recorded(56)] public ulong A; [Recorded(56)] public ulong B; [Recorded(49)] public ulong C; }";
        string message = RunEvents(Event("A", 1, "a"), Three).AssertDiagnostic("XEPT0707", "A");
        Assert.Equal("The fields of 'A' do not fit the words of a record: no word has 49 bits for 'C'", message);
    }

    [Fact]
    public void XEPT0708_a_start_without_a_stop()
    {
        string message = RunEvents(Event("A", 1, "CallStart")).AssertDiagnostic("XEPT0708", "A");
        Assert.Equal("'A' needs an event CallStop with the number 2", message);
    }

    [Fact]
    public void XEPT0708_a_stop_without_a_start() => RunEvents(Event("A", 2, "CallStop")).AssertDiagnostic("XEPT0708", "A");

    [Theory]
    [InlineData("Groups.Both", "Groups.Both")]
    [InlineData("Groups.None", "Groups.None")]
    [InlineData("1", "1")]
    [InlineData("null", "null")]
    public void XEPT0709_a_group_that_is_no_single_flag(string group, string shown)
    {
        string message = RunEvents(
            $"[EngineEvent(1, \"a\", {group}, EventLevel.Verbose)] public static partial void A(Watch watch, in F fields);")
            .AssertDiagnostic("XEPT0709", "A");
        Assert.EndsWith($"{shown}, which is no single flag of the enum that the events use", message, StringComparison.Ordinal);
    }

    [Fact]
    public void XEPT0709_a_group_of_another_enum() => RunEvents(
        Event("A", 1, "a")
            + "[EngineEvent(2, \"b\", Kind.One, EventLevel.Verbose)] public static partial void B(Watch watch, in F fields);")
            .AssertDiagnostic("XEPT0709", "B");

    private static string Event(string method, int id, string name) =>
        $"[EngineEvent({id}, \"{name}\", Groups.Pages, EventLevel.Verbose)] public static partial void {method}(Watch watch, in F fields);";

    private static GeneratorRun RunEvents(string events, string fields = Fields) =>
        Run($"{fields} [EngineEvents(\"S\")] internal static partial class D {{ {events} }}");

    private static GeneratorRun Run(string source) => GeneratorHarness.Run(new EventsGenerator(), Sources.Head + source);
}
