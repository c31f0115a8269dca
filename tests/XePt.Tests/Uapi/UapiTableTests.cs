using System.Text.Json;
using XePt.Uapi;

namespace XePt.Tests.Uapi;

public class UapiTableTests
{
    private static readonly JsonElement Table = WriteTable();

    public static TheoryData<string> StructNames => new(SpecificationTables.Structs.Select(info => info.Name));

    [Fact]
    public void Every_struct_of_the_specification_is_declared_and_no_other() => Assert.Equal(
        SpecificationTables.Structs.Select(info => info.Name).Order(StringComparer.Ordinal),
        Table.GetProperty("structs").EnumerateObject().Select(entry => entry.Name));

    [Theory]
    [MemberData(nameof(StructNames))]
    public void Size_and_every_field_are_as_the_specification_says(string name)
    {
        var expected = SpecificationTables.Structs.Single(info => info.Name == name);
        var actual = Table.GetProperty("structs").GetProperty(name);
        Assert.Equal(expected.Size, actual.GetProperty("size").GetInt32());
        Assert.Equal(expected.Fields, actual.GetProperty("fields").EnumerateObject().Select(Field));
    }

    [Fact]
    public void Every_constant_of_the_specification_has_its_value()
    {
        var constants = Table.GetProperty("constants");
        Assert.True(SpecificationTables.Constants.Count >= 130, "the tables were not read");
        Assert.All(
            SpecificationTables.Constants,
            expected => Assert.Equal($"0x{expected.Value:x}", constants.GetProperty(expected.Key).GetString()));
    }

    [Fact]
    public void Every_request_code_and_number_is_as_section_1_says()
    {
        var constants = Table.GetProperty("constants");
        Assert.Equal(15, SpecificationTables.Ioctls.Count);
        Assert.All(SpecificationTables.Ioctls, expected =>
        {
            Assert.Equal($"0x{expected.Code:x}", constants.GetProperty(expected.Name).GetString());
            var number = expected.Name.Replace("_IOCTL_", "_", StringComparison.Ordinal);
            Assert.Equal($"0x{expected.Number:x}", constants.GetProperty(number).GetString());
            Assert.Equal(expected.Size, Table.GetProperty("structs").GetProperty(expected.Argument).GetProperty("size").GetInt32());
            Assert.Equal(expected.Number, XeIoctl.NumberOf(expected.Code));
            Assert.Equal(expected.Size, XeIoctl.SizeOf(expected.Code));
            Assert.Equal(expected.CopiesBack, XeIoctl.CopiesBack(expected.Code));
            Assert.Equal(XeIoctl.DrmType, XeIoctl.TypeOf(expected.Code));
        });
    }

    [Fact]
    public void Every_request_code_of_the_core_is_as_its_page_says()
    {
        var constants = Table.GetProperty("constants");
        Assert.Equal(14, SpecificationTables.CoreIoctls.Count);
        Assert.All(SpecificationTables.CoreIoctls, expected =>
        {
            Assert.Equal($"0x{expected.Code:x}", constants.GetProperty(expected.Name).GetString());
            Assert.Equal(expected.Size, Table.GetProperty("structs").GetProperty(expected.Argument).GetProperty("size").GetInt32());
            Assert.Equal(expected.Number, DrmIoctl.NumberOf(expected.Code));
            Assert.True(DrmIoctl.IsCore(expected.Code));
            Assert.Equal(expected.Size, XeIoctl.SizeOf(expected.Code));
            Assert.Equal(expected.CopiesBack, XeIoctl.CopiesBack(expected.Code));
            Assert.Equal(XeIoctl.DrmType, XeIoctl.TypeOf(expected.Code));
        });
        Assert.DoesNotContain(SpecificationTables.Ioctls, ioctl => DrmIoctl.IsCore(ioctl.Code));
    }

    [Theory]
    [InlineData("DRM_XE_CONSULT_MEM_ADVISE_PREF_LOC", "0xffffffffffffffff")]
    [InlineData("DRM_XE_PREFERRED_LOC_DEFAULT_SYSTEM", "0xffffffffffffffff")]
    [InlineData("DRM_XE_MULTI_GROUP_CREATE", "0x8000000000000000")]
    [InlineData("DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR", "0x20")]
    [InlineData("DRM_XE_MMAP_OFFSET_FLAG_PCI_BARRIER", "0x1")]
    [InlineData("DRM_XE_QUERY_GT_TYPE_MEDIA", "0x1")]
    [InlineData("DRM_XE_MEM_REGION_CLASS_VRAM", "0x1")]
    [InlineData("DRM_XE_QUERY_CONFIG_VA_BITS", "0x3")]
    public void Constants_outside_the_tables_have_their_value(string name, string value) =>
        Assert.Equal(value, Table.GetProperty("constants").GetProperty(name).GetString());

    [Fact]
    public void Names_that_only_debug_builds_know_are_not_in_the_table() =>
        Assert.DoesNotContain(UapiTable.Constants, constant => constant.CName == "FORCE_OP_ERROR");

    private static SpecificationTables.Field Field(JsonProperty field) =>
        new(field.Name, field.Value[0].GetInt32(), field.Value[1].GetInt32());

    private static JsonElement WriteTable()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            UapiTable.WriteJson(writer);
        return JsonElement.Parse(stream.ToArray());
    }
}
