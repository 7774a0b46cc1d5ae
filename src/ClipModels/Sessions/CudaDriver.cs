using System.Runtime.InteropServices;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The few functions of the NVIDIA driver that copies need. The driver's library and not the CUDA runtime's, because
/// its name is the same with every CUDA release.
/// </summary>
internal static unsafe partial class CudaDriver
{
    private const string Library = "libcuda.so.1";
    private const string WindowsLibrary = "nvcuda.dll";

    /// <summary>A stream that does not wait for the legacy default stream.</summary>
    public const uint NonBlocking = 1;

    static CudaDriver() => NativeLibrary.SetDllImportResolver(
        typeof(CudaDriver).Assembly,
        static (name, assembly, path) => name == Library && OperatingSystem.IsWindows()
            ? NativeLibrary.Load(WindowsLibrary, assembly, path)
            : 0);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static partial int RetainPrimaryContext(out nint context, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static partial int ReleasePrimaryContext(int device);

    [LibraryImport(Library, EntryPoint = "cuCtxSetCurrent")]
    public static partial int SetCurrentContext(nint context);

    [LibraryImport(Library, EntryPoint = "cuStreamCreate")]
    public static partial int CreateStream(out nint stream, uint flags);

    [LibraryImport(Library, EntryPoint = "cuStreamDestroy_v2")]
    public static partial int DestroyStream(nint stream);

    [LibraryImport(Library, EntryPoint = "cuStreamSynchronize")]
    public static partial int SynchronizeStream(nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    public static partial int CopyToDevice(nint device, nint host, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoHAsync_v2")]
    public static partial int CopyToHost(nint host, nint device, nuint bytes, nint stream);

    /// <summary>Starts the driver and finds a device.</summary>
    /// <exception cref="ClipException">There is no driver or no such device.</exception>
    public static int Find(int ordinal)
    {
        try
        {
            Check(Initialize(0), "start");
        }
        catch (DllNotFoundException exception)
        {
            throw new ClipException(ClipErrorReason.DeviceUnavailable, "This machine has no NVIDIA driver.", exception);
        }

        Check(GetDevice(out var device, ordinal), $"find the device {ordinal}");
        return device;
    }

    /// <summary>What the driver calls a device, such as <c>NVIDIA L4</c>.</summary>
    /// <exception cref="ClipException">There is no such device.</exception>
    public static string NameOf(int ordinal)
    {
        const int Length = 256;
        var name = stackalloc byte[Length];
        Check(GetDeviceName(name, Length, Find(ordinal)), "name the device");
        return Marshal.PtrToStringUTF8((nint)name)!;
    }

    /// <exception cref="ClipException">The call failed.</exception>
    public static void Check(int result, string what)
    {
        if (result != 0)
        {
            throw new ClipException(
                ClipErrorReason.ModelRunFailed, $"The NVIDIA driver failed to {what}: error {result}.");
        }
    }

    [LibraryImport(Library, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    private static partial int GetDeviceName(byte* name, int length, int device);
}
