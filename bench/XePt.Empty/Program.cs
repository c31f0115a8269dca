// A .NET program that does nothing: what the start of the tool is compared with.
Console.WriteLine("done");
