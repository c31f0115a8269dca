using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XePt.Gpuva;

// Rank = number of keys <= key. Unused slots hold the greatest key and are never counted, so all forms look at all slots without a
// branch: the cost is the same whatever the fill, and nothing is mispredicted.
// SAFETY: the pointer is to the keys of a live node: 28 of an inner node followed by 4 unused ones, 40 of a leaf.
internal sealed unsafe partial class VmaIndex
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RankInLeaf(Node* leaf, long key) => Rank(leaf->Keys, key, isLeaf: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RankInInner(Node* inner, long key) => Rank(inner->Keys, key, isLeaf: false);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Rank(long* keys, long key, bool isLeaf)
    {
        if (Vector512.IsHardwareAccelerated)
            return RankVector512(keys, key, isLeaf);
        return Vector256.IsHardwareAccelerated ? RankVector256(keys, key, isLeaf) : RankScalar(keys, key, isLeaf);
    }

    internal static int RankScalar(long* keys, long key, bool isLeaf)
    {
        int rank = 0;
        for (int i = 0; i < (isLeaf ? LeafCapacity : InnerCapacity); i++)
            rank += keys[i] <= key ? 1 : 0;
        return rank;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int RankVector256(long* keys, long key, bool isLeaf)
    {
        Vector256<long> probe = Vector256.Create(key);
        Vector256<long> even = Vector256.GreaterThan(Vector256.Load(keys), probe);
        Vector256<long> odd = Vector256.GreaterThan(Vector256.Load(keys + 4), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 8), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 12), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 16), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 20), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 24), probe);
        if (isLeaf)
        {
            odd += Vector256.GreaterThan(Vector256.Load(keys + 28), probe);
            even += Vector256.GreaterThan(Vector256.Load(keys + 32), probe);
            odd += Vector256.GreaterThan(Vector256.Load(keys + 36), probe);
        }

        // Each lane counts its greater keys as -1.
        return (isLeaf ? LeafCapacity : InnerCapacity) + (int)Vector256.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int RankVector512(long* keys, long key, bool isLeaf)
    {
        Vector512<long> probe = Vector512.Create(key);
        // One bit per key: 40 of them fit one word.
        ulong atMost = Vector512.LessThanOrEqual(Vector512.Load(keys), probe).ExtractMostSignificantBits()
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 8), probe).ExtractMostSignificantBits() << 8)
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 16), probe).ExtractMostSignificantBits() << 16)
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 24), probe).ExtractMostSignificantBits() << 24);
        if (isLeaf)
            atMost |= Vector512.LessThanOrEqual(Vector512.Load(keys + 32), probe).ExtractMostSignificantBits() << 32;
        return BitOperations.PopCount(atMost);
    }
}
