namespace XePt.Tests.Packages;

/// <summary>The native library as C and C++ projects outside of the repository find and use it. Run when asked for
/// (<c>-explicit only</c>), as CI does: they need gcc, which links the library, and some a C++ compiler, CMake or pkg-config; those that
/// miss one are skipped and say which.</summary>
[Collection(nameof(NativeFolder))]
public class NativePackageTests(NativeFolder folder)
{
    private const string Warnings = "-Wall -Wextra -Werror";

    private static string Sources => Path.Combine(RepositoryPaths.Root, "samples", "NativeSimulator");

    [Fact(Explicit = true)]
    public void The_layout_is_that_of_a_prefix()
    {
        Need();
        string[] files = [.. Directory.GetFiles(folder.Prefix, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder.Prefix, file)).Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["include/xept.h", "lib/cmake/xept/xept-config-version.cmake", "lib/cmake/xept/xept-config.cmake",
             "lib/libxept-record.so", "lib/libxept-rendernode.so", "lib/libxept.so", "lib/libxept.so.1", "lib/pkgconfig/xept.pc"], files);
        // The header of a program names this library and no other.
        string library = Path.Combine(folder.Prefix, "lib", "libxept.so");
        Assert.Equal($"libxept.so.{XePt.Native.AbiVersion.Major}", new FileInfo(library).LinkTarget);
    }

    /// <summary>Before anything is built it is said what is missing, and what will not be there.</summary>
    [Fact(Explicit = true)]
    public void Without_gcc_there_is_a_sentence_and_nothing_else()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "gcc is what links it on Linux");
        string into = Path.Combine(folder.Place, "without gcc");
        string said = Shell.RunTo(
            1, RepositoryPaths.Root, "env", $"PATH={Shell.PathOf(folder.Place)}", "dotnet", "publish", Path.Combine("src", "Native"), "-c",
            "Release", "--use-current-runtime", "--no-restore", "-o", into, "--nologo", "-nodeReuse:false");
        Assert.Contains(
            "error : gcc is not on PATH. It links libxept.so.1, the C library, and compiles libxept-rendernode.so and libxept-record.so, "
                + "which xept exec needs: none of the three will be there.", said, StringComparison.Ordinal);
        Assert.DoesNotContain(" -> ", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(into));
    }

    [Fact(Explicit = true)]
    public void A_cmake_project_finds_it_and_its_programs_run()
    {
        Need("cmake", "cc", "c++");
        string place = folder.Consumer("with cmake");
        Shell.Run(
            place, "cmake", "-S", Sources, "-B", "build", $"-DCMAKE_PREFIX_PATH={folder.Prefix}", "-DCMAKE_BUILD_TYPE=Release",
            $"-DCMAKE_C_FLAGS={Warnings}", $"-DCMAKE_CXX_FLAGS={Warnings}");
        Shell.Run(place, "cmake", "--build", "build");
        AssertBound(Shell.Run(place, Path.Combine(place, "build", "bind"), "lnl"));
        string said = Shell.Run(place, Path.Combine(place, "build", "simulator"));
        Assert.Contains("; 0 wrong", said, StringComparison.Ordinal);
    }

    /// <summary>A version that is too new is not found.</summary>
    [Fact(Explicit = true)]
    public void A_cmake_project_that_needs_a_newer_one_does_not_find_it()
    {
        Need("cmake", "cc");
        string place = folder.Consumer("too new");
        File.WriteAllText(Path.Combine(place, "CMakeLists.txt"), """
            cmake_minimum_required(VERSION 3.16)
            project(TooNew LANGUAGES C)
            find_package(xept 0.2 CONFIG)
            if(xept_FOUND)
              message(FATAL_ERROR "found ${xept_VERSION}")
            endif()
            find_package(xept 0.1.0 REQUIRED CONFIG)
            """);
        Shell.Run(place, "cmake", "-S", ".", "-B", "build", $"-DCMAKE_PREFIX_PATH={folder.Prefix}");
    }

    [Fact(Explicit = true)]
    public void A_program_built_with_pkg_config_runs()
    {
        Need("pkg-config", "cc");
        string place = folder.Consumer("with pkg-config");
        // In a shell, as a makefile does it; the blank in the path has to come through.
        string library = Path.Combine(folder.Prefix, "lib");
        string flags = $"$(PKG_CONFIG_PATH=\"{library}/pkgconfig\" pkg-config --cflags --libs xept)";
        Shell.Run(place, "sh", "-c", $"eval cc -std=c11 {Warnings} '\"{Sources}/bind.c\"' -o bind \"{flags}\"");
        AssertBound(Shell.Run(place, "env", $"LD_LIBRARY_PATH={library}", Path.Combine(place, "bind")));
    }

    /// <summary>It makes VMs enough for the collector to come there.</summary>
    [Fact(Explicit = true)]
    [Rule("RN-002")]
    [Rule("RN-003")]
    public void A_forked_child_goes_on_with_its_own_memory()
    {
        Need("cc");
        string place = folder.Consumer("forking"), library = Path.Combine(folder.Prefix, "lib");
        Shell.Run(
            place, "cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror",
            Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Packages", "fork.c"), "-o", "fork",
            "-I", Path.Combine(folder.Prefix, "include"), "-L", library, "-lxept", $"-Wl,-rpath,{library}");
        Assert.Equal("vm 2, byte 0x5a\n", Shell.Run(place, Path.Combine(place, "fork")));
    }

    /// <summary>The header says the same to the oldest compilers of both languages that it is for.</summary>
    [Theory(Explicit = true)]
    [InlineData("cc", "c", "c99")]
    [InlineData("cc", "c", "c11")]
    [InlineData("c++", "c++", "c++11")]
    [InlineData("c++", "c++", "c++20")]
    public void The_header_is_clean(string compiler, string language, string standard)
    {
        Need(compiler);
        Shell.Run(
            folder.Prefix, compiler, "-x", language, $"-std={standard}", "-pedantic-errors", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
            Path.Combine("include", "xept.h"));
    }

    private static void AssertBound(string said)
    {
        Assert.Contains("in a page of 0x200000 bytes", said, StringComparison.Ordinal);
        Assert.Contains("[BIND-", said, StringComparison.Ordinal);
        Assert.Contains("a bad pointer: -EFAULT", said, StringComparison.Ordinal);
        Assert.EndsWith("refused calls changed nothing; the unmap took away the VMA\n", said, StringComparison.Ordinal);
    }

    private static void Need(params string[] tools)
    {
        foreach (string tool in tools.Prepend("gcc"))
            Assert.SkipUnless(Shell.Has(tool), $"{tool} is not installed");
    }
}
