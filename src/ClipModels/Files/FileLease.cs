using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Models.Files;

/// <summary>
/// Holds off whoever wants to truncate files or open them for writing, while ONNX Runtime has them mapped to load from
/// them: a truncation then would end the process. The kernel lets the other wait until this is disposed of, at most 45
/// seconds.
/// </summary>
/// <remarks>
/// A Linux lease (fcntl, F_SETLEASE). The kernel grants it to the owner of a file and to privileged processes, on local
/// file systems, and not while somebody has the file open for writing. Where it does not, files load without.
/// </remarks>
internal sealed class FileLease : IDisposable
{
    private const int SetSignal = 10;
    private const int SetLease = 1024;
    private const int ReadLease = 0;

    // The kernel's word that somebody waits. Its default, SIGIO, would end the process; this one is ignored.
    private const int Urgent = 23;

    private readonly List<RegularFile> _held = [];

    private FileLease()
    {
    }

    /// <summary>Files that the kernel granted a lease for.</summary>
    public int Count => _held.Count;

    /// <exception cref="ClipException">A file cannot be opened.</exception>
    public static FileLease Take(IEnumerable<string> paths)
    {
        var lease = new FileLease();
        if (!OperatingSystem.IsLinux())
            return lease;

        try
        {
            foreach (var path in paths)
                lease.Add(RegularFile.Open(path));
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    public void Dispose() => _held.ForEach(file => file.Dispose());

    private void Add(RegularFile file)
    {
        if (Control(file.Handle, SetSignal, Urgent) == 0 && Control(file.Handle, SetLease, ReadLease) == 0)
            _held.Add(file);
        else
            file.Dispose();
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(SafeFileHandle file, int command, int argument);
}
