using System.Runtime.CompilerServices;

// The compiler proves that locals are written before they are read; clearing them as well is part of the cost of a bind.
[module: SkipLocalsInit]
