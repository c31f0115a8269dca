using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

/// <summary>Works out the leaf templates of a VMA: PAT, access, NULL, and where atomics are enabled (PT-024, PT-031, PT-034 to PT-037).</summary>
internal static class LeafAttributes
{
    public static void For(VmFacts vm, PteEncoding encoding, in Vma vma, BufferObject? bo, out LeafTemplates leaves)
    {
        bool readOnly = (vma.Flags & VmaFlags.ReadOnly) != 0;
        uint pat = vma.Attributes.Pat;
        ulong size4K = encoding.Leaf(0, pat, readOnly, vma.IsNull);
        ulong size2M = encoding.Leaf(1, pat, readOnly, vma.IsNull);
        ulong size1G = encoding.Leaf(2, pat, readOnly, vma.IsNull);
        ulong system = 0, vram = 0;
        if (!vma.IsNull)
        {
            bool canEnable = (vma.Flags & VmaFlags.AtomicPte) != 0;
            system = canEnable && AtomicsOnSystem(vm, vma, bo) ? encoding.AtomicEnable : 0;
            vram = encoding.DeviceMemory | (canEnable && vma.Attributes.Atomic != AtomicAccess.Cpu ? encoding.AtomicEnable : 0);
        }

        leaves.System4K = size4K | system;
        leaves.System2M = size2M | system;
        leaves.System1G = size1G | system;
        leaves.Vram4K = size4K | vram;
        leaves.Vram2M = size2M | vram;
        leaves.Vram1G = size1G | vram;
    }

    /// <summary>PT-036, first match wins.</summary>
    private static bool AtomicsOnSystem(VmFacts vm, in Vma vma, BufferObject? bo)
    {
        if (!vm.Platform.DeviceAtomicsOnSystemMemory || vma.Attributes.Atomic == AtomicAccess.Cpu)
            return false;
        if (vma.Attributes.Atomic == AtomicAccess.Device || !vm.Platform.IsDiscrete || !vm.IsLongRunning)
            return true;
        return bo is not null && bo.HasSinglePlacement;
    }
}
