namespace XePt.Compare;

/// <summary>Two versions cannot be compared; the message says why.</summary>
public sealed class CompareException(string message) : Exception(message);
