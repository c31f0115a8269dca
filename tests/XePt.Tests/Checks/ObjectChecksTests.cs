using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Tests.Checks;

/// <summary>Argument checks of the calls that make and destroy VMs and buffer objects.</summary>
public class ObjectChecksTests
{
    private static readonly DeviceCheckContext Integrated =
        new() { GraphicsVerx100 = 2004, MemoryRegionMask = 1, GtMask = 3, HasFaults = true, ScratchWithFaults = true };
    private static readonly DeviceCheckContext Discrete = Integrated with { MemoryRegionMask = 3, IsDiscrete = true };

    private static readonly DrmXeGemCreate Gem = new() { Size = 0x1_0000, Placement = 1, CpuCaching = CpuCaching.WriteBack };
    private static readonly DrmXeGemCreate VramGem = Gem with { Placement = 3, CpuCaching = CpuCaching.WriteCombined };

    [Theory]
    [Rule("BIND-007")]
    [InlineData(true, true, "0123" + "67")]
    [InlineData(true, false, "0123" + "6")]
    [InlineData(false, false, "0123")]
    public void VM_CREATE_accepts_these_flag_values(bool faults, bool scratchWithFaults, string accepted)
    {
        var device = Integrated with { HasFaults = faults, ScratchWithFaults = scratchWithFaults };
        for (var flags = 0; flags < 16; flags++)
        {
            var rejection = Create(new DrmXeVmCreate { Flags = (VmCreateFlags)flags }, device);
            Assert.Equal(accepted.Contains($"{flags:x}", StringComparison.Ordinal), !rejection.IsRejected);
            Assert.True(rejection.Errno is Errno.Ok or Errno.EINVAL);
        }
    }

    [Fact]
    [Rule("BIND-005")]
    [Rule("UAPI-002")]
    public void VM_CREATE_checks_in_the_order_of_the_specification()
    {
        var device = Integrated with { HasFaults = false, ScratchWithFaults = false };
        var vm = new DrmXeVmCreate { Extensions = 5, Flags = VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage | (VmCreateFlags)8 };
        vm.Reserved[1] = 6;
        Create(vm, device).IsRefusedBy("BIND-005", "extensions", 5);
        Create(vm = vm with { Extensions = 0 }, device).IsRefusedBy("BIND-005", "flags", 0xd);
        device = device with { HasFaults = true };
        Create(vm, device).IsRefusedBy("BIND-005", "reserved", 6);
        Because(vm = vm with { Reserved = default }, device, "does not know");
        Because(vm = vm with { Flags = VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage }, device, "scratch");
        Because(vm, device with { ScratchWithFaults = true }, "LR_MODE");
        Create(vm with { Flags = vm.Flags | VmCreateFlags.LrMode, VmId = 77 }, device with { ScratchWithFaults = true }).IsAccepted();

        static void Because(in DrmXeVmCreate vm, in DeviceCheckContext device, string part)
        {
            var rejection = Create(vm, device);
            rejection.IsRefusedBy("BIND-005", "flags", (ulong)vm.Flags);
            Assert.Contains(part, rejection.Because, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Rule("BIND-009")]
    public void VM_DESTROY_wants_zero_padding()
    {
        VmDestroyChecks.Validate(new() { VmId = 1, Pad = 2 }).IsRefusedBy("BIND-009", "pad", 2);
        var destroy = new DrmXeVmDestroy { VmId = 1 };
        VmDestroyChecks.Validate(destroy).IsAccepted();
        destroy.Reserved[0] = 3;
        VmDestroyChecks.Validate(destroy).IsRefusedBy("BIND-009", "reserved", 3);
    }

    [Fact]
    public void Well_formed_objects_are_accepted()
    {
        Create(Gem, Integrated).IsAccepted();
        Create(VramGem, Discrete).IsAccepted();
        Create(VramGem with { Flags = (GemCreateFlags)0xf, Placement = 2, Extensions = 0x1000, VmId = 9 }, Discrete).IsAccepted();
    }

    [Fact]
    [Rule("BIND-022")]
    public void GEM_CREATE_wants_zero_padding()
    {
        var gem = Gem;
        gem.Reserved[1] = 4;
        Create(gem, Integrated).IsRefusedBy("BIND-022", "reserved", 4);
        gem.Pad[2] = 5;
        Create(gem, Integrated).IsRefusedBy("BIND-022", "pad", 5);
    }

    [Fact]
    [Rule("BIND-023")]
    public void GEM_CREATE_names_existing_regions()
    {
        Create(Gem with { Placement = 0 }, Integrated).IsRefusedBy("BIND-023", "placement", 0);
        Create(VramGem, Integrated).IsRefusedBy("BIND-023", "placement", 3);
        Create(VramGem with { Placement = 4 }, Discrete).IsRefusedBy("BIND-023", "placement", 4);
    }

    [Fact]
    [Rule("BIND-024")]
    public void GEM_CREATE_has_four_flags() =>
        Create(Gem with { Flags = (GemCreateFlags)0x10 }, Integrated).IsRefusedBy("BIND-024", "flags", 0x10);

    [Fact]
    [Rule("BIND-025")]
    public void GEM_CREATE_wants_no_handle() => Create(Gem with { Handle = 3 }, Integrated).IsRefusedBy("BIND-025", "handle", 3);

    [Fact]
    [Rule("BIND-026")]
    public void GEM_CREATE_wants_whole_pages()
    {
        Create(Gem with { Size = 0 }, Integrated).IsRefusedBy("BIND-026", "size", 0);
        Create(Gem with { Size = 0x1800 }, Integrated).IsRefusedBy("BIND-026", "size", 0x1800);
    }

    [Fact]
    [Rule("BIND-027")]
    public void GEM_CREATE_forbids_compression_from_graphics_20_on()
    {
        var gem = Gem with { Flags = GemCreateFlags.NoCompression };
        Create(gem, Integrated with { GraphicsVerx100 = 1274 }).IsRefusedBy("BIND-027", "flags", 8, Errno.EOPNOTSUPP);
        Create(gem, Integrated with { GraphicsVerx100 = 2000 }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-028")]
    public void GEM_CREATE_visible_VRAM_needs_VRAM() =>
        Create(Gem with { Flags = GemCreateFlags.NeedsVisibleVram }, Discrete).IsRefusedBy("BIND-028", "flags", 4);

    [Fact]
    [Rule("BIND-029")]
    public void GEM_CREATE_has_two_caching_modes()
    {
        Create(Gem with { CpuCaching = 0 }, Integrated).IsRefusedBy("BIND-029", "cpu_caching", 0);
        Create(Gem with { CpuCaching = (CpuCaching)3 }, Integrated).IsRefusedBy("BIND-029", "cpu_caching", 3);
    }

    [Fact]
    [Rule("BIND-030")]
    public void GEM_CREATE_VRAM_is_write_combined() =>
        Create(VramGem with { CpuCaching = CpuCaching.WriteBack }, Discrete).IsRefusedBy("BIND-030", "cpu_caching", 1);

    [Fact]
    [Rule("BIND-031")]
    public void GEM_CREATE_scanout_is_write_combined()
    {
        Create(Gem with { Flags = GemCreateFlags.Scanout }, Integrated).IsRefusedBy("BIND-031", "cpu_caching", 1);
        Create(Gem with { Flags = GemCreateFlags.Scanout, CpuCaching = CpuCaching.WriteCombined }, Integrated).IsAccepted();
    }

    [Fact]
    public void GEM_CREATE_checks_in_the_order_of_the_specification()
    {
        var device = Discrete with { GraphicsVerx100 = 1255 };
        var gem = new DrmXeGemCreate
        {
            Flags = GemCreateFlags.NoCompression | GemCreateFlags.NeedsVisibleVram | GemCreateFlags.Scanout | (GemCreateFlags)0x10,
            Handle = 1,
            Size = 1,
            Placement = 8,
        };
        Create(gem, device).IsRefusedBy("BIND-023", "placement", 8);
        Create(gem = gem with { Placement = 1 }, device).IsRefusedBy("BIND-024", "flags", 0x1e);
        Create(gem = gem with { Flags = gem.Flags & (GemCreateFlags)0xf }, device).IsRefusedBy("BIND-025", "handle", 1);
        Create(gem = gem with { Handle = 0 }, device).IsRefusedBy("BIND-026", "size", 1);
        Create(gem = gem with { Size = 0x1000 }, device).IsRefusedBy("BIND-027", "flags", 0xe, Errno.EOPNOTSUPP);
        Create(gem, Discrete).IsRefusedBy("BIND-028", "flags", 0xe);
        Create(gem = gem with { Placement = 2 }, Discrete).IsRefusedBy("BIND-029", "cpu_caching", 0);
        Create(gem with { CpuCaching = CpuCaching.WriteBack }, Discrete).IsRefusedBy("BIND-030", "cpu_caching", 1);
    }

    [Fact]
    [Rule("BIND-033")]
    public void VRAM_of_a_64K_device_comes_in_multiples_of_64_KiB()
    {
        var device = Discrete with { VramNeeds64K = true };
        GemBackingChecks.Validate(VramGem, device).IsAccepted();
        GemBackingChecks.Validate(VramGem with { Size = 0x1_1000 }, device).IsRefusedBy("BIND-033", "size", 0x1_1000);
        GemBackingChecks.Validate(Gem with { Size = 0x1_1000 }, device).IsAccepted();
        GemBackingChecks.Validate(VramGem with { Size = 0x1_1000 }, Discrete).IsAccepted();
    }

    [Fact]
    [Rule("UAPI-020")]
    [Rule("UAPI-002")]
    public void GEM_MMAP_OFFSET_gives_the_barrier_page_of_a_discrete_device()
    {
        var barrier = new DrmXeGemMmapOffset { Flags = MmapOffsetFlags.PciBarrier };
        Offset(barrier, Discrete).IsAccepted();
        Offset(new() { Handle = 1 }, Integrated).IsAccepted();
        Offset(barrier, Integrated).IsRefusedBy("UAPI-020", "flags", 1);
        Offset(barrier with { Handle = 2 }, Discrete).IsRefusedBy("UAPI-020", "handle", 2);
        Offset(barrier with { Flags = (MmapOffsetFlags)3 }, Discrete).IsRefusedBy("UAPI-020", "flags", 3);
        Offset(barrier with { Extensions = 4 }, Discrete).IsRefusedBy("UAPI-020", "extensions", 4);
        barrier.Reserved[1] = 5;
        Offset(barrier, Discrete).IsRefusedBy("UAPI-020", "reserved", 5);

        static Rejection Offset(in DrmXeGemMmapOffset argument, in DeviceCheckContext device) =>
            GemMmapOffsetChecks.Validate(in argument, in device);
    }

    private static Rejection Create(in DrmXeVmCreate vm, in DeviceCheckContext device) => VmCreateChecks.Validate(in vm, in device);

    private static Rejection Create(in DrmXeGemCreate gem, in DeviceCheckContext device) => GemCreateChecks.Validate(in gem, in device);
}
