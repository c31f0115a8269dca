using System.Diagnostics.Tracing;
using System.Globalization;
using System.Reflection;
using XePt.Diagnostics;
using XePt.Uapi.Spec;

namespace XePt.Tests.Diagnostics.Events;

/// <summary>Every declared event is raised with a different value in each field, and read back through the diagnostics port and from the
/// recorder (DESIGN section 9).</summary>
[Collection(nameof(EventCapture))]
public class EventRoundTripTests
{
    private const ulong Marker = 0x0123_4567_89ab_c000;

    private static readonly Lazy<(List<SeenEvent> Seen, IReadOnlyList<XeRecord> Records)> s_run = new(RaiseAll);

    public static TheoryData<int> Ids => [.. XeEventInfo.All.Select(info => info.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    [Rule("PT-200")]
    [Rule("PT-201")]
    [Rule("PT-202")]
    [Rule("PT-203")]
    public void An_event_comes_through_with_all_fields(int id)
    {
        SeenEvent seen = Assert.Single(s_run.Value.Seen, one => one.Id == id);
        XeEventInfo info = XeEventInfo.All.Single(one => one.Id == id);
        FieldInfo[] fields = FieldsOf(MethodOf(id));
        Assert.Equal(info.Fields.Select(field => field.Name).Prepend("dev"), seen.Payload.Select(field => field.Name));
        Assert.Equal(info.Fields.Select(field => field.Type), fields.Select(field => field.FieldType));
        object values = Filled(MethodOf(id), out _);
        Assert.Equal(fields.Select(field => Text(field.GetValue(values))).Prepend("round trip"), seen.Payload.Select(field => field.Value));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_recorder_keeps_the_fields_that_are_declared(int id)
    {
        XeRecord record = Assert.Single(s_run.Value.Records, one => one.Event?.Id == id);
        MethodInfo method = MethodOf(id);
        object values = Filled(method, out _);
        foreach (FieldInfo field in FieldsOf(method).Where(field => field.IsDefined(typeof(RecordedAttribute))))
        {
            var recorded = field.GetCustomAttribute<RecordedAttribute>()!;
            XeEventField info = record.Event!.Fields.Single(one => one.IsRecorded && one.Type == field.FieldType && NameIs(one, field));
            Assert.Equal(Kept(field.GetValue(values)!, recorded), record[info.Name]);
        }
    }

    [Fact]
    public void Names_and_numbers_are_unique_and_starts_have_their_stops()
    {
        Assert.Equal(XeEventInfo.All.Count, XeEventInfo.All.DistinctBy(info => info.Name).Count());
        Assert.Equal(XeEventInfo.All.Count, XeEventInfo.All.DistinctBy(info => info.Id).Count());
        foreach (XeEventInfo start in XeEventInfo.All.Where(info => info.Name.EndsWith("Start", StringComparison.Ordinal)))
            Assert.Equal(start.Name[..^5] + "Stop", XeEventInfo.All.Single(info => info.Id == start.Id + 1).Name);
    }

    [Fact]
    public void The_manifest_of_the_source_is_valid() =>
        Assert.NotNull(EventSource.GenerateManifest(typeof(EngineEventsSource), "", EventManifestOptions.Strict));

    /// <summary>Windows knows the source by it, and the guide names it.</summary>
    [Fact]
    public void The_guide_has_the_id_of_the_source() => Assert.Contains(
        $"{EngineEventsSource.Log.Guid}",
        File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "profiling.md")),
        StringComparison.Ordinal);

    [Fact]
    [Rule("PT-205")]
    public void No_event_is_about_tables_or_entries() => Assert.DoesNotContain(XeEventInfo.All, info =>
        new[] { "table", "entry", "pte", "pde" }.Any(word => info.Name.Contains(word, StringComparison.OrdinalIgnoreCase)));

    private static (List<SeenEvent> Seen, IReadOnlyList<XeRecord> Records) RaiseAll()
    {
        var watch = new DeviceWatch("round trip");
        var recorder = new XeRecorder(watch, () => 0);
        recorder.Start(256, EventLevel.Verbose);
        List<SeenEvent> seen = EventCapture.During(() =>
        {
            watch.SetSource(true);
            foreach (XeEventInfo info in XeEventInfo.All)
                MethodOf(info.Id).Invoke(null, [watch, Filled(MethodOf(info.Id), out _)]);
        });
        return ([.. seen.Where(one => one["dev"] == "round trip")], recorder.Read());
    }

    private static MethodInfo MethodOf(int id) => typeof(EngineEvents).GetMethods(BindingFlags.Static | BindingFlags.Public)
        .Single(method => method.GetCustomAttribute<EngineEventAttribute>()?.Id == id);

    private static FieldInfo[] FieldsOf(MethodInfo method) =>
        method.GetParameters()[1].ParameterType.GetElementType()!.GetFields(BindingFlags.Instance | BindingFlags.Public);

    private static object Filled(MethodInfo method, out int count)
    {
        object values = Activator.CreateInstance(method.GetParameters()[1].ParameterType.GetElementType()!)!;
        count = 0;
        foreach (FieldInfo field in FieldsOf(method))
        {
            ulong marker = Marker + ((ulong)++count * 0x1_0000_1001);
            field.SetValue(values, field.FieldType switch
            {
                { } type when type == typeof(string) => $"text {count}",
                { } type when type == typeof(bool) => true,
                { } type when type == typeof(int) => -count,
                { } type when type == typeof(uint) => (uint)marker,
                _ => (object)marker,
            });
        }

        return values;
    }

    private static long Kept(object value, RecordedAttribute recorded)
    {
        if (value is int signed)
            return signed;
        ulong bits = value is bool isSet ? (isSet ? 1UL : 0) : Convert.ToUInt64(value, CultureInfo.InvariantCulture);
        ulong kept = ((bits >> recorded.Shift) & (ulong.MaxValue >> (64 - recorded.Bits))) << recorded.Shift;
        return (long)(recorded.EndsInOnes ? kept | ((1UL << recorded.Shift) - 1) : kept);
    }

    private static bool NameIs(XeEventField info, FieldInfo field) =>
        info.Name.Replace("_", "", StringComparison.Ordinal).Equals(field.Name, StringComparison.OrdinalIgnoreCase);

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
