using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>What runs in the process of a program that forks has no threads of its own.</summary>
public sealed class ManagedThreadTests
{
    // By its whole name, or all that begins so.
    private static readonly string[] Forbidden =
    [
        "System.Threading.Thread..ctor", "System.Threading.Thread.Start", "System.Threading.Timer.", "System.Threading.PeriodicTimer.",
        "System.Threading.ThreadPool.", "System.Threading.Tasks.Task.Run", "System.Threading.Tasks.Task.Delay",
        "System.Threading.Tasks.TaskFactory.", "System.Threading.Tasks.Parallel.", "System.Timers.Timer.",
        "System.GC.WaitForPendingFinalizers", "System.GC.WaitForFullGC",
    ];

    public static TheoryData<Type> Parts => new(
        typeof(XeDevice), typeof(CommandStreamer), typeof(CoherenceChecker), typeof(XePt.Native.DeviceHandle), typeof(DrmXeVmBind));

    [Theory, MemberData(nameof(Parts)), Rule("RN-003")]
    public void No_thread_task_timer_or_finalizer_is_made(Type of)
    {
        using var file = new PEReader(File.OpenRead(of.Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        string[] used = [.. metadata.MemberReferences.Select(handle => NameOf(metadata, metadata.GetMemberReference(handle)))];
        Assert.Contains(used, name => name.StartsWith("System.", StringComparison.Ordinal));
        Assert.DoesNotContain(used, name => Forbidden.Any(
            forbidden => forbidden.EndsWith('.') ? name.StartsWith(forbidden, StringComparison.Ordinal) : name == forbidden));
        Assert.DoesNotContain(
            metadata.MethodDefinitions, handle => metadata.StringComparer.Equals(metadata.GetMethodDefinition(handle).Name, "Finalize"));
    }

    [Fact, Rule("RN-003")]
    public void The_collector_of_the_native_library_has_no_thread_beside_the_program_s()
    {
        XElement project = XElement.Load(Path.Combine(RepositoryPaths.Root, "src", "Native", "XePt.Native.csproj"));
        Assert.Equal("false", Assert.Single(project.Descendants("ConcurrentGarbageCollection")).Value);
        Assert.Empty(project.Descendants("ServerGarbageCollection"));
    }

    private static string NameOf(MetadataReader metadata, MemberReference member)
    {
        string name = metadata.GetString(member.Name);
        if (member.Parent.Kind != HandleKind.TypeReference)
            return name;
        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}.{name}";
    }
}
