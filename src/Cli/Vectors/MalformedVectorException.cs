namespace XePt.Cli.Vectors;

/// <summary>A vector file that cannot be understood. The message says what is wrong in one line; the place is added by the reader.</summary>
internal sealed class MalformedVectorException(string message) : Exception(message);
