using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XePt.Gpuva;

// Rank = number of keys <= key. Unused slots hold the greatest key and are never counted, so all forms look at all slots without a
// branch: the cost is the same whatever the fill, and nothing is mispredicted.
// SAFETY: node is live; 40 keys are ten 256-bit or five 512-bit vectors exactly.
internal sealed unsafe partial class VmaIndex
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Rank(Node* node, long key)
    {
        if (Vector512.IsHardwareAccelerated)
            return RankVector512(node, key);
        return Vector256.IsHardwareAccelerated ? RankVector256(node, key) : RankScalar(node, key);
    }

    internal static int RankScalar(Node* node, long key)
    {
        int rank = 0;
        for (int i = 0; i < Capacity; i++)
            rank += node->Keys[i] <= key ? 1 : 0;
        return rank;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int RankVector256(Node* node, long key)
    {
        Vector256<long> probe = Vector256.Create(key);
        long* keys = node->Keys;
        Vector256<long> even = Vector256.GreaterThan(Vector256.Load(keys), probe);
        Vector256<long> odd = Vector256.GreaterThan(Vector256.Load(keys + 4), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 8), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 12), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 16), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 20), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 24), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 28), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 32), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 36), probe);
        // Each lane counts its greater keys as -1.
        return Capacity + (int)Vector256.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int RankVector512(Node* node, long key)
    {
        Vector512<long> probe = Vector512.Create(key);
        long* keys = node->Keys;
        // Keys ascend, so the bits of a compare are a run of ones: 40 of them fit one word.
        ulong atMost = Vector512.LessThanOrEqual(Vector512.Load(keys), probe).ExtractMostSignificantBits()
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 8), probe).ExtractMostSignificantBits() << 8)
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 16), probe).ExtractMostSignificantBits() << 16)
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 24), probe).ExtractMostSignificantBits() << 24)
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 32), probe).ExtractMostSignificantBits() << 32);
        return BitOperations.PopCount(atMost);
    }
}
