global using Xunit;

// An exploration begins each run with the statics of the code under test as new, so two of them must not run at once in one process.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
