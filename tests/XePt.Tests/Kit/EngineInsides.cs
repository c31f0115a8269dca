using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using XePt.Cli.Explain;
using XePt.Cli.Traces.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Streaming;
using XePt.Svm;

namespace XePt.Tests.Kit;

/// <summary>What tests look at inside of the product that nobody else asks it for.</summary>
internal static class EngineInsides
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>Names of all calls and events of traces.</summary>
    public static IEnumerable<string> CallNames =>
        Keys(Read(typeof(CallCatalog), "Ioctls")).Concat(Keys(Read(typeof(CallCatalog), "Events")));

    /// <summary>The calls whose order of checks is written down.</summary>
    public static IEnumerable<string> OrderedCalls => Keys(Read(typeof(CheckOrder), "Sources"));

    /// <summary>All instructions.</summary>
    public static IReadOnlyList<Instruction> Instructions => (Instruction[])Read(typeof(InstructionTable), "s_rows");

    extension(BufferObject bo)
    {
        /// <summary>Handles, VMAs and running calls that keep the BO alive (BIND-040).</summary>
        public int References => (int)Read(bo, "_references");
    }

    extension(RangeFences fences)
    {
        /// <summary>Intervals with a fence that was pending when last looked at.</summary>
        public int Count => (int)Read(fences, "_tree", "Count");
    }

    extension(UserFenceJobs jobs)
    {
        /// <summary>User fences that are not written yet.</summary>
        public int PendingCount => (int)Read(jobs, "_pending", "Count");
    }

    extension(UserFenceTable fences)
    {
        /// <summary>Fences alive.</summary>
        public int Count => (int)Read(fences, "_entries", "Count");
    }

    extension(DeferredReleases releases)
    {
        /// <summary>What still waits.</summary>
        public int Count => (int)Read(releases, "_pending", "Count");
    }

    extension(RecordRing ring)
    {
        /// <summary>The memory of a ring.</summary>
        public ulong[] Words => (ulong[])Read(ring, "_words");
    }

    extension<T>(HandleTable<T> table)
        where T : class
    {
        /// <summary>Steps of all searches so far.</summary>
        public long Steps => ((NumberSet)Read(table, "_used")).Steps + ((NumberSet)Read(table, "_freed")).Steps;
    }

    /// <summary>Intervals on the longest way down a tree.</summary>
    public static int HeightOf<T>(IntervalTree<T> tree)
    {
        var nodes = (Array)Read(tree, "_nodes");
        return Below((int)Read(tree, "_root"));

        int Below(int node) => node == IntervalTree<T>.None ? 0
            : 1 + Math.Max(Below((int)Read(nodes.GetValue(node)!, "Left")), Below((int)Read(nodes.GetValue(node)!, "Right")));
    }

    /// <summary>How long memory that was migrated for an atomic access may stay, in ns.</summary>
    public static void SetAtomicTimeslice(MirrorDevice device, long nanoseconds) => AtomicTimesliceOf(device) = nanoseconds;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<AtomicTimeslice>k__BackingField")]
    private static extern ref long AtomicTimesliceOf(MirrorDevice device);

    /// <summary>Follows fields and properties from an object, or from the static ones of a type.</summary>
    private static object Read(object from, params ReadOnlySpan<string> path)
    {
        foreach (string member in path)
        {
            Type type = from as Type ?? from.GetType();
            object? instance = from is Type ? null : from;
            from = type.GetField(member, Any)?.GetValue(instance) ?? type.GetProperty(member, Any)?.GetValue(instance)
                ?? throw new MissingMemberException(type.Name, member);
        }

        return from;
    }

    private static IEnumerable<string> Keys(object dictionary) => ((IDictionary)dictionary).Keys.Cast<string>();
}
