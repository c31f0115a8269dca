global using XePt.Tests;
global using Xunit;
