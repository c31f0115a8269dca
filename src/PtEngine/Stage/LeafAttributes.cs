using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

/// <summary>Works out the leaf templates of a VMA: PAT, access, NULL, and where atomics are enabled (PT-024, PT-031, PT-034 to PT-037).
/// Remembers the last ones, because VMAs that are bound one after the other mostly look alike. One VM's writer side.</summary>
internal sealed class LeafAttributes(VmFacts vm, PteEncoding encoding)
{
    private const VmaFlags Deciding = VmaFlags.ReadOnly | VmaFlags.Null | VmaFlags.AtomicPte;

    private LeafTemplates _leaves;
    private ulong _of = ulong.MaxValue;

    /// <summary>The templates of a VMA; valid until the next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly LeafTemplates For(in Vma vma, BufferObject? bo)
    {
        bool isSingle = bo is not null && bo.HasSinglePlacement;
        ulong key = vma.Attributes.Pat | ((ulong)(vma.Flags & Deciding) << 16) | ((ulong)(uint)vma.Attributes.Atomic << 48)
            | (isSingle ? 1UL << 63 : 0);
        if (key != _of)
            Find(vma, isSingle, key);

        return ref _leaves;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Find(in Vma vma, bool isSingle, ulong key)
    {
        _of = key;
        bool readOnly = (vma.Flags & VmaFlags.ReadOnly) != 0;
        uint pat = vma.Attributes.Pat;
        ulong size4K = encoding.Leaf(0, pat, readOnly, vma.IsNull);
        ulong size2M = encoding.Leaf(1, pat, readOnly, vma.IsNull);
        ulong size1G = encoding.Leaf(2, pat, readOnly, vma.IsNull);
        ulong system = 0, vram = 0;
        if (!vma.IsNull)
        {
            bool canEnable = (vma.Flags & VmaFlags.AtomicPte) != 0;
            system = canEnable && AtomicsOnSystem(vma, isSingle) ? encoding.AtomicEnable : 0;
            vram = encoding.DeviceMemory | (canEnable && vma.Attributes.Atomic != AtomicAccess.Cpu ? encoding.AtomicEnable : 0);
        }

        _leaves.System4K = size4K | system;
        _leaves.System2M = size2M | system;
        _leaves.System1G = size1G | system;
        _leaves.Vram4K = size4K | vram;
        _leaves.Vram2M = size2M | vram;
        _leaves.Vram1G = size1G | vram;
    }

    /// <summary>PT-036, first match wins.</summary>
    private bool AtomicsOnSystem(in Vma vma, bool isSingle)
    {
        if (!vm.Platform.DeviceAtomicsOnSystemMemory || vma.Attributes.Atomic == AtomicAccess.Cpu)
            return false;
        if (vma.Attributes.Atomic == AtomicAccess.Device || !vm.Platform.IsDiscrete || !vm.IsLongRunning)
            return true;
        return isSingle;
    }
}
