using System.Text.Json;
using XePt.Cli.Input;
using XePt.Gpuva;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>Steps that give and ask for attributes of memory.</summary>
/// <param name="file">The client.</param>
/// <param name="vm">Its VM, which the vectors call 1.</param>
/// <param name="makeOther">Makes a device that no fast link leads to.</param>
internal sealed class AdviceSteps(XeFile file, XeVm vm, Func<XeDevice> makeOther)
{
    private const int OwnFile = 7, ForeignFile = 8, OtherFile = 9;

    private const ulong Somewhere = 0x1000;

    private bool _hasFiles;

    /// <summary>Does a step; null when it is none of these.</summary>
    public Errno? TryRun(JsonElement step, Dictionary<string, string> found) => step.Text("do") switch
    {
        "madvise" => Advise(step),
        "query" => Query(step, found),
        "bos" => ShowBos(found),
        "set_bound" => SetBound(step),
        _ => null,
    };

    private Errno Advise(JsonElement step)
    {
        uint[] words = [.. step.Field("w").ToArray("w", 4).Select(word => word.ToUInt32("w"))];
        ulong[] reserved = [.. step.Field("reserved").ToArray("reserved", 2).Select(word => word.ToUInt64("reserved"))];
        var args = new DrmXeMadvise
        {
            VmId = VmOf(step),
            Start = step.Hex("start"),
            Range = step.Hex("range"),
            Type = (MemRangeAttr)step.UInt32("type"),
        };
        (args.Reserved[0], args.Reserved[1]) = (reserved[0], reserved[1]);
        if (args.Type == MemRangeAttr.PreferredLoc)
        {
            args.PreferredMemLoc = new DrmXeMadvisePreferredMemLoc
            {
                DevmemFd = words[0],
                MigrationPolicy = (MigrationPolicy)words[1],
                RegionInstance = (ushort)words[2],
                Reserved = words[3],
            };
            if ((int)words[0] > 0)
                OpenFiles();
        }
        else
        {
            args.PatIndex = new DrmXeMadvisePatIndex { Val = words[0], Pad = words[1], Reserved = words[3] };
        }

        Errno error = file.Madvise(args, out Fence done);
        // The driver waits inside the call.
        if (!done.IsSignalled)
            file.Device.Pump();
        return error;
    }

    private Errno Query(JsonElement step, Dictionary<string, string> found)
    {
        int size = step.Field("size").GetInt32();
        bool hasVector = step.Flag("vec");
        var args = new DrmXeVmQueryMemRangeAttr
        {
            VmId = VmOf(step),
            Start = step.Hex("start"),
            Range = step.Hex("range"),
            NumMemRanges = step.UInt32("num"),
            SizeofMemRangeAttr = size < 0 ? 64UL : (ulong)size,
            VectorOfMemAttr = hasVector ? Somewhere : 0,
        };
        var room = new DrmXeMemRangeAttr[hasVector ? args.NumMemRanges : 0];
        Errno error = file.VmQueryMemRangeAttrs(ref args, room);
        found["num"] = Text.Number(args.NumMemRanges);
        found["attr_size"] = Text.Number((long)args.SizeofMemRangeAttr);
        bool isFilled = error == Errno.Ok && room.Length > 0;
        found["attrs"] = Text.List(isFilled ? room[..(int)args.NumMemRanges].Select(TextOf) : []);
        return error;
    }

    private static string TextOf(DrmXeMemRangeAttr attr) => Text.List(
        Text.Hex(attr.Start), Text.Hex(attr.End), Text.Number((uint)attr.Atomic.Val), Text.Number(attr.PatIndex.Val),
        Text.Number((int)attr.PreferredMemLoc.DevmemFd), Text.Number(attr.PreferredMemLoc.MigrationPolicy));

    /// <summary><c>bos</c>: handle, attribute, and how often the CPU's mappings were taken away.</summary>
    private Errno ShowBos(Dictionary<string, string> found)
    {
        found["bos"] = Text.List(file.Bos.OrderBy(bo => bo.Handle).Select(bo => Text.List(
            Text.Number(bo.Handle), Text.Number((uint)bo.Atomic), Text.Number(bo.CpuMappingZaps))));
        return Errno.Ok;
    }

    /// <summary>The marks of a VMA. Objects and NULL mappings get entries that go with them: a fault looks whether there are any.</summary>
    private Errno SetBound(JsonElement step)
    {
        int slot = vm.Context.Space.Find(step.Hex("addr"));
        if (slot == 0)
            return Errno.Ok;
        ref readonly Vma bound = ref vm.Context.Space.Vmas[slot];
        if (step.Number("present", max: 3) != 0 && (bound.HasBo || bound.IsNull))
            _ = vm.Fault(step.Hex("addr"));
        using var scope = vm.Context.Enter();
        ref Vma v = ref vm.Context.Space.Vmas[slot];
        (v.TilePresent, v.TileInvalidated) = ((byte)step.Number("present", max: 3), 0);
        return Errno.Ok;
    }

    private uint VmOf(JsonElement step) => step.UInt32("vm") == 1 ? vm.Id : 0;

    /// <summary>The descriptors that the header lists.</summary>
    private void OpenFiles()
    {
        if (_hasFiles)
            return;
        _hasFiles = true;
        XeDescriptors files = file.Descriptors;
        while (files.Open(file) < ForeignFile)
            continue;
        XeFile other = makeOther().OpenFile();
        if (files.Open(other) != OtherFile)
            throw new MalformedRecordException("descriptors are in use already");
        for (int fd = 0; fd < OtherFile; fd++)
        {
            if (fd != OwnFile)
                files.Close(fd);
        }
    }
}
