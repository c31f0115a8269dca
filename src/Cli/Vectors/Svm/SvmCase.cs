using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors.Svm;

/// <summary>One step of an SVM sequence: what is done, and what the reference had afterwards.</summary>
internal sealed record SvmStep(JsonElement Input, JsonElement Output)
{
    /// <summary>What is done.</summary>
    public string Do => Input.Text("do");

    public static SvmStep Read(JsonElement step) => new(step.Field("in").Clone(), step.Field("out").Clone());
}

/// <summary>An SVM sequence.</summary>
/// <param name="Name">Its id.</param>
/// <param name="File">What the file is about.</param>
/// <param name="Config">The device and the VM.</param>
/// <param name="Pat">The device's PAT table.</param>
/// <param name="Steps">The steps.</param>
internal sealed record SvmCase(string Name, SvmFileKind File, JsonElement Config, PatTable? Pat, SvmStep[] Steps) : IVectorCase
{
    public static SvmCase Read(JsonElement line, SvmFileKind file, PatTable? pat) => new(
        line.Text("id"), file, line.Field("cfg").Clone(), pat, [.. line.Items("steps").Select(SvmStep.Read)]);

    /// <inheritdoc/>
    public CaseResult Run() => new SvmReplay(this).Run();
}

/// <summary>The kinds of SVM files, by what their steps mean.</summary>
internal enum SvmFileKind
{
    /// <summary>Notifiers and ranges.</summary>
    Core,

    /// <summary>And device memory, page collection, migration.</summary>
    Pages,

    /// <summary>A whole VM.</summary>
    Vm,

    /// <summary>Single calls.</summary>
    Args,
}
