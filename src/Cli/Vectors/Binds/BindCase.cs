using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>A buffer object of a sequence.</summary>
internal sealed record BoRecord(
    uint Handle, bool IsVram, ulong Size, CpuCaching Caching, uint Placements, bool NoCompression, PhysicalRun[] Runs)
{
    /// <summary>Largest handle taken; gaps below a handle are filled while BOs are made.</summary>
    private const int MaxHandle = 1 << 16;

    public static BoRecord Read(JsonElement element)
    {
        ulong size = element.Hex("size");
        return new BoRecord(
            (uint)element.Field("id").ToIndex("id", 1, MaxHandle),
            ReadIsVram(element),
            size,
            ReadCaching(element),
            element.UInt32("placements"),
            element.Flag("no_compression"),
            element.Runs(size));
    }

    /// <summary>The field <c>mem</c>.</summary>
    public static bool ReadIsVram(JsonElement of) => of.OneOf("mem", ("system", false), ("vram", true));

    /// <summary>The field <c>cpu_caching</c>.</summary>
    public static CpuCaching ReadCaching(JsonElement of) =>
        of.OneOf("cpu_caching", ("wb", CpuCaching.WriteBack), ("wc", CpuCaching.WriteCombined));
}

/// <summary>CPU memory that userptrs may pin.</summary>
internal sealed record UserptrRecord(ulong Base, PhysicalRun[] Runs)
{
    public static UserptrRecord Read(JsonElement element) => new(element.Hex("base"), element.Runs(element.Hex("size")));
}

/// <summary>The VM as it starts: <c>{err, size, levels, need64k, scratch, empty, root_desc}</c>.</summary>
internal sealed record VmRecord(
    Errno Error, ulong Size, int Levels, bool Needs64K, bool HasScratch, ulong[] Empty, ulong RootDescriptor)
{
    public static VmRecord Read(JsonElement element)
    {
        int levels = element.Field("levels").ToIndex("levels", 4, 5);
        return new VmRecord(
            element.Error("err"),
            element.Hex("size"),
            levels,
            element.Flag("need64k"),
            element.Flag("scratch"),
            [.. element.Field("empty").ToArray("empty", levels).Select(entry => entry.ToUInt64("empty"))],
            element.Hex("root_desc"));
    }
}

/// <summary>A whole bind sequence.</summary>
internal sealed record BindCase(
    string Id,
    VectorConfig Config,
    VmCreateFlags VmFlags,
    VmRecord Vm,
    BoRecord[] Bos,
    UserptrRecord[] Userptrs,
    BindStep[] Steps) : IVectorCase
{
    /// <inheritdoc/>
    public string Name => Id;

    /// <summary>The sequence runs into a known defect of the reference.</summary>
    public bool MeetsDefect { get; init; }

    /// <param name="line">A line of a bind file.</param>
    /// <param name="fileConfig">The config record at the head of the file, if it has one.</param>
    public static BindCase Read(JsonElement line, VectorConfig? fileConfig)
    {
        VectorConfig config = line.TryGetProperty("config", out JsonElement own)
            ? VectorConfig.Read(own)
            : fileConfig ?? throw new MalformedRecordException("a bind sequence without a config record");
        BoRecord[] bos = [.. line.Items("bos").Select(BoRecord.Read)];
        if (bos.DistinctBy(bo => bo.Handle).Count() != bos.Length)
            throw new MalformedRecordException("two buffer objects have the same id");
        return new BindCase(
            line.Text("id"),
            config,
            VectorConfig.ReadVmFlags(line),
            VmRecord.Read(line.Field("vm")),
            bos,
            [.. line.Items("userptrs").Select(UserptrRecord.Read)],
            ReadSteps(line.Items("steps"), bos.ToDictionary(bo => bo.Handle, bo => bo.Size)))
        {
            MeetsDefect = line.TryGetProperty("quirk", out _)
                && line.OneOf("quirk", ("skip_of_staged", true), ("prefetch_of_staged", true)),
        };
    }

    /// <inheritdoc/>
    public CaseResult Run() => BindReplay.Run(this);

    private static BindStep[] ReadSteps(JsonElement[] elements, Dictionary<uint, ulong> sizes)
    {
        var steps = new BindStep[elements.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            try
            {
                steps[i] = ReadStep(elements[i], sizes);
            }
            catch (MalformedRecordException malformed)
            {
                throw new MalformedRecordException($"step {i}: {malformed.Message}");
            }
        }

        return steps;
    }

    private static BindStep ReadStep(JsonElement element, Dictionary<uint, ulong> sizes)
    {
        JsonElement input = element.Field("in");
        return new BindStep(StepInput.Read(input, SizeOf), StepOutput.Read(element.Field("out"))) { InputText = input.GetRawText() };

        ulong SizeOf(uint bo) => sizes.TryGetValue(bo, out ulong size)
            ? size
            : throw new MalformedRecordException($"'bo' names no buffer object: {bo}");
    }
}
