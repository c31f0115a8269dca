namespace XePt.Cli.Vectors.Binds;

/// <summary>Names BOs by handle, as the vectors do, where the engine names them by device-wide number.</summary>
internal sealed class BoHandles
{
    private readonly Dictionary<int, uint> _handles = new() { [0] = 0 };

    public void Add(XeBo bo) => _handles.Add(bo.Number, bo.Handle);

    /// <summary>The handle of a number; 0 for 0, and the largest handle there is for a number of no BO.</summary>
    public uint HandleOf(int number) => _handles.GetValueOrDefault(number, uint.MaxValue);
}
