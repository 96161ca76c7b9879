using System.Runtime.InteropServices;

namespace Cecelia.Relay.Sockets;

/// <summary>The system calls of <see cref="EpollLoop"/> and <see cref="EpollSocket"/>, with the values that Linux gives their names. Only for Linux.</summary>
internal static unsafe partial class Libc
{
    // epoll_ctl(2)
    public const int EpollAdd = 1;
    public const uint EpollIn = 0x001;
    public const uint EpollOut = 0x004;
    public const uint EpollError = 0x008;
    public const uint EpollHangUp = 0x010;
    public const uint EpollPeerEnded = 0x2000;
    public const uint EpollEdge = 0x8000_0000;

    // EPOLL_CLOEXEC, EFD_CLOEXEC, EFD_NONBLOCK
    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;

    // fcntl(2): F_DUPFD_CLOEXEC
    public const int DuplicateCloseOnExec = 1030;

    // send(2), recv(2): MSG_DONTWAIT, MSG_NOSIGNAL
    public const int DoNotWait = 0x40;
    public const int NoSignal = 0x4000;

    // shutdown(2)
    public const int ShutReceive = 0;
    public const int ShutSend = 1;
    public const int ShutBoth = 2;

    // errno(3)
    public const int Interrupted = 4;
    public const int WouldBlock = 11;

    // tcp(7): IPPROTO_TCP, TCP_USER_TIMEOUT
    public const int TcpLevel = 6;
    public const int TcpUserTimeout = 18;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* registration);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollWait(int epoll, byte* events, int maxEvents, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Read(int descriptor, void* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Write(int descriptor, void* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Send(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Receive(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Shutdown(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetOption(int descriptor, int level, int option, int* value, int length);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Close(int descriptor);
}
