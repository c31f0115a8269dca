using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>What public values print: never the name of their type, and no address as a decimal number.</summary>
public class ValueTextTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    // Each 64-bit field gets one of its own: an address by its looks, and a number of many digits in decimal.
    private const ulong FirstMarker = 0x7f12_3456_7000, MarkerStep = 0x1000;
    private const string MarkerDigits = "7f12345";

    // Tokens: they stand for something going on and have nothing to show.
    private static readonly Type[] s_tokens = [typeof(WalkPin), typeof(TlbUnit.Access), typeof(CoherenceChecker.Use)];

    // A platform is known by its name, and what was not rejected has no value.
    private static readonly Type[] s_named = [typeof(PlatformInfo), typeof(Rejection)];

    private static Assembly[] Assemblies => [
        typeof(UapiTable).Assembly, typeof(XeDevice).Assembly, typeof(ReferenceTlb).Assembly, typeof(CommandStreamer).Assembly];

    private static IEnumerable<Type> PublicValues =>
        from assembly in Assemblies
        from type in assembly.GetExportedTypes()
        where !type.IsEnum && !type.IsDefined(typeof(CompilerGeneratedAttribute)) && (type.IsValueType || IsRecord(type))
            && (type.GetFields(Fields).Length > 0 || IsRecord(type)) && !s_tokens.Contains(type)
        select type;

    public static TheoryData<Type> Values => [.. PublicValues.Where(type => !type.IsByRefLike)];

    public static TheoryData<Type> RefStructs => [.. PublicValues.Where(type => type.IsByRefLike)];

    [Theory, MemberData(nameof(Values))]
    public void A_value_prints_what_is_in_it(Type type)
    {
        ulong next = FirstMarker;
        object value = Fill(RuntimeHelpers.GetUninitializedObject(type), ref next);
        string text = value.ToString()!;

        Assert.DoesNotContain("XePt.", text);
        Assert.DoesNotContain("System.", text);
        Assert.NotEqual(type.Name, text);
        Assert.NotEqual("", text);
        for (ulong marker = FirstMarker; marker != next; marker += MarkerStep)
            Assert.DoesNotContain(marker.ToString(CultureInfo.InvariantCulture), text);
        if (next != FirstMarker && !s_named.Contains(type))
            Assert.Contains(MarkerDigits, text);
    }

    /// <summary>A tuple prints its numbers in decimal, and its names are lost where it is handed on.</summary>
    [Fact]
    public void No_public_member_gives_a_tuple()
    {
        IEnumerable<Type> given =
            from assembly in Assemblies
            from type in assembly.GetExportedTypes()
            from member in type.GetMethods()
            select member.ReturnType;
        Assert.DoesNotContain(given, IsTuple);

        static bool IsTuple(Type type) => type.IsAssignableTo(typeof(ITuple)) || type.GenericTypeArguments.Any(IsTuple);
    }

    [Fact]
    public void Objects_print_what_they_are()
    {
        IEnumerable<string> mute =
            from assembly in new[] { typeof(XeDevice).Assembly, typeof(ReferenceTlb).Assembly, typeof(CommandStreamer).Assembly }
            from type in assembly.GetExportedTypes()
            where type.IsClass && !type.IsSpecialName && !type.Name.Contains('$') && !(type.IsAbstract && type.IsSealed)
                && !type.IsAssignableTo(typeof(Exception))
                && !type.IsAssignableTo(typeof(System.Diagnostics.Tracing.EventSource)) && !type.IsAssignableTo(typeof(Attribute))
                && type.GetMethod(nameof(ToString), Type.EmptyTypes)!.DeclaringType == typeof(object)
            select type.Name;
        Assert.Empty(mute);
    }

    [Fact]
    public void Objects_print_their_state()
    {
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { GpuStore = new SparseGpuStore() });
        XeVm vm = device.OpenFile().CreateVm();
        vm.Map(vm.File.CreateBo(2 << 20), 0x20_0000);
        vm.Write(0x20_0000, 1);
        using XeWalker walker = vm.OpenWalker();
        Assert.Equal("walker over [0x0, 0x1000000000000)", walker.ToString());
        Assert.Matches("^page tables, 0x[0-9a-f]+000 bytes held$", vm.GetTableMemory().ToString());
        Assert.Equal("GPU memory, 0x10000 bytes kept", device.Options.GpuStore!.ToString());
        Assert.Equal("0 open descriptors", device.Descriptors.ToString());
        Assert.Equal("nothing counted", device.GetGtStatistics(0).ToString());
        Assert.EndsWith("pat 2, 2M pages on tiles 0x1", vm.FindVma(0x20_0000).ToString());
        Assert.Matches("^gt 0: invalidations [0-9]+, acknowledged [0-9]+; gt 1: ", device.Tlb.ToString());
        Assert.Equal("nothing armed", device.Failures.ToString());
        device.Failures.Arm(FailurePoint.Run);
        device.Failures.Arm(FailurePoint.Prepare, skip: 3);
        Assert.Equal("armed: Prepare, Run", device.Failures.ToString());
    }

    [Fact]
    public void Defaults_print_what_they_do()
    {
        var memory = new SparseUserMemory();
        memory.TryWrite(0x1fff, [1, 2]);
        Assert.Equal("user memory, 0x2000 bytes written", memory.ToString());
        Assert.Equal("0 devices that reach each other's memory", new XeInterconnect().ToString());
        Assert.Equal("completes jobs at once", InstantJobSink.Instance.ToString());
        Assert.Equal("copies at once", InstantCopyEngine.Instance.ToString());
    }

    [Fact]
    public void The_memory_of_processes_prints_what_is_in_use()
    {
        using var memory = new ModelMemory();
        using var process = new ModelProcess(memory);
        Assert.Equal(Errno.Ok, process.Map(new AddressRange(0x1000, 0x3000), CpuProtection.ReadWrite));
        Assert.Equal("memory of processes, 0x0 bytes used", memory.ToString());
        Assert.Equal(Errno.Ok, process.Write(0x1000, [1]));
        Assert.Equal("memory of processes, 0x1000 bytes used", memory.ToString());
        using ModelFile file = memory.CreateFile(0x2000);
        Assert.Equal("file of 0x2000 bytes", file.ToString());
    }

    [Theory]
    [InlineData(0, 0, "Done after 0 bytes: ")]
    [InlineData(1, 1, "Done after 1 byte and 1 fault: ")]
    [InlineData(8, 2, "Done after 8 bytes and 2 faults: ")]
    public void An_access_counts_in_the_singular_and_the_plural(int bytes, int faults, string text) =>
        Assert.StartsWith(
            text, new GpuAccess(GpuAccessStatus.Done, bytes, default) { Faults = faults }.ToString(), StringComparison.Ordinal);

    [Theory, MemberData(nameof(RefStructs))]
    public void A_ref_struct_has_a_text_of_its_own(Type type) =>
        Assert.Equal(type, type.GetMethod(nameof(ToString), Type.EmptyTypes)!.DeclaringType);

    [Fact]
    public void Structs_of_the_uapi_print_their_C_names_and_leave_out_what_is_zero()
    {
        var op = new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Obj = 1,
            Addr = 0x1_0000_0000,
            Range = 0x20_0000,
            PatIndex = 2,
            Flags = VmBindFlags.ReadOnly,
        };
        Assert.Equal(
            "drm_xe_vm_bind_op { obj = 1, pat_index = 2, range = 0x200000, addr = 0x100000000, op = MAP, flags = READONLY }",
            op.ToString());
        Assert.Equal(
            $"drm_xe_vm_bind {{ vm_id = 0x1f, num_binds = 1, bind = {op} }}",
            new DrmXeVmBind { VmId = 31, NumBinds = 1, Bind = op }.ToString());
        Assert.Equal("drm_xe_vm_destroy { }", default(DrmXeVmDestroy).ToString());
        Assert.Equal("drm_syncobj_wait { timeout_nsec = -1 }", new DrmSyncobjWait { TimeoutNsec = -1 }.ToString());
    }

    [Fact]
    public void Objects_say_which_they_are()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate();
        file.VmCreate(ref create);
        var gem = new DrmXeGemCreate { Size = 0x20_0000, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        file.GemCreate(ref gem);
        file.ExecQueueCreate(create.VmId, out uint queue, device.Platform.Engines.First());

        Assert.Equal("lnl (Lunar Lake)", device.ToString());
        Assert.Equal("client of lnl with vm 1", file.ToString());
        Assert.Equal("client of lnl without a VM", device.OpenFile().ToString());
        Assert.Equal("vm 1 (DmaFence)", file.FindVm(create.VmId)!.ToString());
        Assert.Equal("bo 1: 0x200000 bytes in region 0", file.FindBo(gem.Handle)!.ToString());
        Assert.Equal("queue 1", file.FindQueue(queue)!.ToString());
    }

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    /// <summary>Gives the 64-bit fields of a value and of the values in it their markers, and arrays and texts something to show.</summary>
    private static object Fill(object value, ref ulong next)
    {
        foreach (FieldInfo field in value.GetType().GetFields(Fields))
        {
            Type type = field.FieldType;
            if (field.Name.Contains("seqno", StringComparison.OrdinalIgnoreCase))
            {
                field.SetValue(value, 7ul);
            }
            else if (type == typeof(ulong) || type == typeof(ulong?))
            {
                field.SetValue(value, next);
                next += MarkerStep;
            }
            else if (type == typeof(ushort) || type == typeof(byte))
            {
                field.SetValue(value, Convert.ChangeType('7', type, CultureInfo.InvariantCulture));
            }
            else if (type == typeof(string))
            {
                field.SetValue(value, "text");
            }
            else if (type.Name.StartsWith("ImmutableArray", StringComparison.Ordinal))
            {
                field.SetValue(value, type.GetField("Empty")!.GetValue(null));
            }
            else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            {
                field.SetValue(value, Array.CreateInstance(type.GenericTypeArguments[0], 1));
            }
            else if (type is { IsValueType: true, IsPrimitive: false, IsEnum: false } && Nullable.GetUnderlyingType(type) is null)
            {
                field.SetValue(value, Fill(field.GetValue(value)!, ref next));
            }
        }

        return value;
    }
}
