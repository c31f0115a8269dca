using XePt.Devices;
using XePt.Uapi;

namespace XePt.Count;

/// <summary>A call beside thousands of objects that it is not about: what it costs shows whether it looks at each of them.</summary>
internal abstract class CrowdScenario : Scenario
{
    /// <summary>How many others there are.</summary>
    protected const int Others = 4000;

    /// <summary>Bytes of a BO.</summary>
    protected const ulong Block = 64 << 10;

    private const ulong Va = 1UL << 40;

    private readonly XeDevice _device;

    protected CrowdScenario(bool hasLittleVram = true)
    {
        _device = new XeDevice(hasLittleVram ? Little : XePlatforms.Bmg);
        File = _device.OpenFile();
        var vm = new DrmXeVmCreate();
        Check(File.VmCreate(ref vm));
        Vm = vm.VmId;
    }

    /// <summary>The client.</summary>
    protected XeFile File { get; }

    /// <summary>Its VM.</summary>
    protected uint Vm { get; }

    /// <summary>VRAM for the others and little more, of which a part is for page tables.</summary>
    private static PlatformInfo Little => XePlatforms.Bmg with
    {
        VramBytesPerTile = ((Others * Block * 8 / 7) + (4 << 20)) & ~((2UL << 20) - 1),
        SystemMemoryBytes = 16UL << 30,
    };

    public override void Dispose() => _device.Dispose();

    /// <summary>Makes a BO, of VRAM or of either memory.</summary>
    protected uint MakeBo(uint placement = 2)
    {
        var gem = new DrmXeGemCreate { Size = Block, Placement = placement, CpuCaching = CpuCaching.WriteCombined };
        Check(File.GemCreate(ref gem));
        return gem.Handle;
    }

    /// <summary>A bind and an unbind in a VM whose BOs were driven out.</summary>
    internal sealed class OfEvictedBos : CrowdScenario
    {
        private readonly DrmXeVmBind _map, _unmap;

        public OfEvictedBos()
        {
            _map = Call(new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va, Range = Block, PatIndex = 2 });
            _unmap = Call(new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = Block });
            for (ulong i = 1; i <= Others; i++)
            {
                uint bo = MakeBo();
                Check(File.VmBind(Call(new DrmXeVmBindOp { Obj = bo, Addr = Va + (i * Block), Range = Block, PatIndex = 2 })));
            }

            Check(_device.EvictAll());
        }

        protected override void Do() => Check(File.VmBind(_map));

        protected override void Undo() => Check(File.VmBind(_unmap));

        private DrmXeVmBind Call(DrmXeVmBindOp op) => new() { VmId = Vm, NumBinds = 1, Bind = op };
    }

    /// <summary>A BO that takes the lowest free handle, which is behind all others.</summary>
    internal sealed class OfHandles : CrowdScenario
    {
        private uint _made;

        public OfHandles()
        {
            for (int i = 0; i < Others; i++)
                MakeBo(placement: 1);
        }

        protected override void Do() => _made = MakeBo(placement: 1);

        protected override void Undo() => Check(File.GemClose(_made));
    }

    /// <summary>A BO for which another has to leave VRAM.</summary>
    internal sealed class OfFullVram : CrowdScenario
    {
        private readonly Queue<uint> _oldest = new(2 * Others);

        public OfFullVram()
        {
            for (int i = 0; i < Others + (Others / 4); i++)
                _oldest.Enqueue(MakeBo(placement: 3));
        }

        protected override void Do() => _oldest.Enqueue(MakeBo(placement: 2));

        protected override void Undo() => Check(File.GemClose(_oldest.Dequeue()));
    }

    /// <summary>A VM beside others.</summary>
    internal sealed class OfVms : CrowdScenario
    {
        private uint _made;

        public OfVms()
            : base(hasLittleVram: false)
        {
            for (int i = 0; i < Others; i++)
                MakeVm();
        }

        protected override void Do() => _made = MakeVm();

        protected override void Undo() => Check(File.VmDestroy(new DrmXeVmDestroy { VmId = _made }));

        private uint MakeVm()
        {
            var vm = new DrmXeVmCreate();
            Check(File.VmCreate(ref vm));
            return vm.VmId;
        }
    }
}
