using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Files;

/// <summary>
/// A regular file that is read where it is needed: a slice costs nothing until its bytes are used, and is memory of its
/// own from then on.
/// </summary>
/// <remarks>
/// It is not mapped on purpose. Whoever truncates a mapped file ends every process that reads beyond its new end
/// (SIGBUS); a read that comes up short is an error of this one model.
/// </remarks>
internal sealed class RegularFile : IDisposable
{
    // A FIFO without a writer would hold whoever opens it; regular files ignore the flag.
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    private readonly SafeFileHandle _handle;

    private RegularFile(string path, SafeFileHandle handle)
    {
        Name = Path.GetFileName(path);
        FullPath = path;
        _handle = handle;
        Stamp = FileStamp.OfHandle(handle, Name);
    }

    /// <summary>File name without its folder.</summary>
    public string Name { get; private init; }

    /// <summary>Absolute, links followed.</summary>
    public string FullPath { get; }

    public SafeFileHandle Handle => _handle;

    /// <summary>Bytes, when it was opened.</summary>
    public long Length => Stamp.Length;

    /// <summary>As it was opened.</summary>
    public FileStamp Stamp { get; }

    /// <exception cref="ClipException">No such file, not a regular one, or it cannot be read.</exception>
    public static RegularFile Open(string path)
    {
        try
        {
            var resolved = ResolveLinks(path);
            if (FileStamp.OfPath(resolved, Path.GetFileName(path)) is null)
                throw NotFound($"There is no file {Path.GetFileName(path)} in the model's folder.");

            var handle = OpenHandle(resolved);
            try
            {
                return new RegularFile(resolved, handle) { Name = Path.GetFileName(path) };
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw NotFound($"There is no file {Path.GetFileName(path)} in the model's folder.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid(Path.GetFileName(path), "the file cannot be read.", exception);
        }
    }

    /// <summary>A view of <paramref name="length"/> bytes from <paramref name="offset"/>, read on use.</summary>
    /// <exception cref="ClipException">Not within the file, or 2 GiB or more, which a Memory cannot hold.</exception>
    public ReadOnlyMemory<byte> Slice(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (offset < 0 || length < 0 || offset > Length || length > Length - offset)
        {
            throw Invalid(
                Name, $"bytes {offset} to {offset}+{length} are outside of the file's {Length} bytes.");
        }

        if (length > Array.MaxLength)
            throw Invalid(Name, $"a part of {length} bytes is too large; the maximum is {Array.MaxLength}.");

        return length == 0 ? default : new View(this, offset, (int)length).Memory;
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="ClipException">The file has become shorter, or cannot be read.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        try
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(_handle, destination, offset);
                if (read == 0)
                    throw Changed(Name);
                destination = destination[read..];
                offset += read;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid(Name, "the file cannot be read.", exception);
        }
    }

    /// <exception cref="ClipException">The open file, or the one at its path, has been changed or replaced.</exception>
    public void CheckUnchanged()
    {
        if (FileStamp.OfHandle(_handle, Name) != Stamp || FileStamp.OfPath(FullPath, Name) != Stamp)
            throw Changed(Name);
    }

    /// <summary>The error for a file that is no longer what was opened.</summary>
    public static ClipException Changed(string name) => Invalid(
        name,
        "the file has changed since the model was opened. Load the model again; "
        + "replace files by renaming new ones over them.");

    /// <summary>
    /// The position of a slice, for a reader that opens the file itself. Unchecked, unlike <see cref="Slice"/>.
    /// </summary>
    public FileRegion Region(long offset, long length) => new(FullPath, offset, length);

    /// <summary>Absolute, links followed.</summary>
    public static string ResolveLinks(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle OpenHandle(string path)
    {
        if (!OperatingSystem.IsLinux())
            return File.OpenHandle(path, share: FileShare.Read | FileShare.Delete);

        var handle = OpenNative(path, NonBlocking | CloseOnExec);
        if (!handle.IsInvalid)
            return handle;

        var error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        handle.Dispose();
        throw new IOException($"{Path.GetFileName(path)}: {error}");
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle OpenNative([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    private sealed class View(RegularFile file, long offset, int length) : MemoryManager<byte>
    {
        private byte[]? _bytes;

        // The base class would read the bytes to count them.
        public override Memory<byte> Memory => CreateMemory(length);

        public override Span<byte> GetSpan() => Read();

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length);
            ref var first = ref MemoryMarshal.GetArrayDataReference(Read());
            return new MemoryHandle((byte*)Unsafe.AsPointer(ref first) + elementIndex, default, this);
        }

        public override void Unpin()
        {
            // The array never moves.
        }

        protected override void Dispose(bool disposing)
        {
            // The file belongs to its owner, the bytes to the collector.
        }

        private byte[] Read()
        {
            if (_bytes is null)
            {
                var bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
                file.Read(offset, bytes);
                _bytes = bytes;
            }

            return _bytes;
        }
    }
}
