namespace XePt.Diagnostics;

/// <summary>One counter of a device as it is now.</summary>
/// <param name="Name">The driver's name where there is one.</param>
/// <param name="Gt">The GT it belongs to, or -1.</param>
/// <param name="Vm">The VM it belongs to, or 0.</param>
/// <param name="Value">The value.</param>
internal readonly record struct CounterValue(string Name, int Gt, int Vm, long Value);
