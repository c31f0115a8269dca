using System.Runtime.InteropServices;

namespace XePt.Native;

/// <summary>The system calls that the library makes.</summary>
internal static unsafe partial class LibC
{
    public const int ProtNone = 0, ProtRead = 1, ProtWrite = 2;
    public const int MapShared = 1, MapPrivate = 2, MapFixed = 0x10, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    public const int RemapMayMove = 1, RemapFixed = 2;
    public const int WipeOnFork = 18;
    public const int CloseOnExec = 1, AllowSealing = 2;
    public const int DuplicateFrom = 1030, AddSeals = 1033, GetSeals = 1034;
    public const int SealSize = 1 | 2 | 4;
    public const int EmptyPath = 0x1000;
    public const int OpenCloseOnExec = 0x80000;
    public const int PopulateRead = 22, PopulateWrite = 23;

    /// <summary>A piece of memory, as process_vm_readv is told of it.</summary>
    public struct Piece
    {
        public void* Start;
        public nuint Bytes;
    }

    /// <summary>What fstatat tells of a file (x86-64).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    public struct FileFacts
    {
        [FieldOffset(0)]
        public ulong Device;

        [FieldOffset(8)]
        public ulong Inode;

        [FieldOffset(48)]
        public long Size;
    }

    [LibraryImport("libc", EntryPoint = "fstatat", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Look(int folder, string path, FileFacts* facts, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    public static partial int ControlFile(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "getpid")]
    public static partial int ProcessId();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    public static partial nint ReadMemory(int pid, Piece* local, nuint locals, Piece* remote, nuint remotes, nuint flags);

    [LibraryImport("libc", EntryPoint = "process_vm_writev", SetLastError = true)]
    public static partial nint WriteMemory(int pid, Piece* local, nuint locals, Piece* remote, nuint remotes, nuint flags);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint bytes, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "mremap", SetLastError = true)]
    public static partial nint Remap(nint address, nuint bytes, nuint newBytes, int flags, nint newAddress);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "madvise")]
    public static partial int Advise(nint address, nuint bytes, int advice);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    public static partial int Populate(nint address, nuint bytes, int advice);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "pread")]
    public static partial nint ReadAt(int fd, void* into, nuint bytes, long offset);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(int fd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Resize(int fd, long bytes);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    public static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    public static partial nint Read(int fd, void* into, nuint bytes);

    [LibraryImport("libc", EntryPoint = "write")]
    public static partial nint Write(int fd, void* from, nuint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);
}
