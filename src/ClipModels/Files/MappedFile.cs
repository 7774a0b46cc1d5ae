using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Files;

/// <summary>
/// A read-only memory-mapped file. Slices are views onto the map: they end with it, and a use after
/// <see cref="Dispose"/> throws. Who disposes must know that no other thread still reads.
/// </summary>
/// <remarks>
/// A mapped file must not be shortened: reading beyond its new end would end the process. Replace it by a rename.
/// </remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;
    private readonly string _path;
    private bool _disposed;

    private MappedFile(string path)
    {
        Name = Path.GetFileName(path);
        _path = ResolveLinks(path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        try
        {
            Length = stream.Length;
            if (Length == 0)
            {
                // An empty file cannot be mapped; its only slice is the empty one.
                stream.Dispose();
                return;
            }

            _file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        try
        {
            _view = _file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _start = start + _view.PointerOffset;
        }
        catch
        {
            _view?.Dispose();
            _file.Dispose();
            throw;
        }
    }

    /// <summary>File name without its folder.</summary>
    public string Name { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <exception cref="ClipException">No such file, or it cannot be read.</exception>
    public static MappedFile Open(string path)
    {
        try
        {
            return new MappedFile(path);
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

    /// <summary>A view of <paramref name="length"/> bytes from <paramref name="offset"/>.</summary>
    /// <exception cref="ClipException">Not within the file, or 2 GiB or more, which a Memory cannot hold.</exception>
    public ReadOnlyMemory<byte> Slice(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (offset < 0 || length < 0 || offset > Length || length > Length - offset)
        {
            throw Invalid(
                Name, $"bytes {offset} to {offset}+{length} are outside of the file's {Length} bytes.");
        }

        if (length > int.MaxValue)
            throw Invalid(Name, $"a part of {length} bytes is too large; at most {int.MaxValue}.");

        return length == 0 ? default : new View(this, offset, (int)length).Memory;
    }

    /// <summary>
    /// Lets go of the pages of a slice that was read for the last time for now; they would count as this process's
    /// memory for as long as the file is mapped. Reading them again brings them back. Other memory is left as it is.
    /// </summary>
    public static void Discard(ReadOnlyMemory<byte> slice)
    {
        if (OperatingSystem.IsLinux()
            && MemoryMarshal.TryGetMemoryManager(slice, out View? view, out var start, out var length))
        {
            view.Discard(start, length);
        }
    }

    /// <summary>The place of a slice, for who maps the file anew. Not checked: <see cref="Slice"/> does that.</summary>
    public FileRegion Region(long offset, long length) => new(_path, offset, length);

    public void Dispose()
    {
        if (_disposed)
            return;

        _disposed = true;
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _file?.Dispose();
    }

    private static string ResolveLinks(string path)
    {
        var full = Path.GetFullPath(path);
        return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
    }

    private const int DontNeed = 4;

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(nuint address, nuint length, int advice);

    private sealed class View(MappedFile file, long offset, int length) : System.Buffers.MemoryManager<byte>
    {
        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(file._disposed, file);
            return new Span<byte>(file._start + offset, length);
        }

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(file._disposed, file);
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length);
            return new System.Buffers.MemoryHandle(file._start + offset + elementIndex);
        }

        public void Discard(int start, int count)
        {
            ObjectDisposedException.ThrowIf(file._disposed, file);
            var first = (nuint)(file._start + offset + start);
            var page = first & ~((nuint)Environment.SystemPageSize - 1);

            // It is advice: where the system does not take it, the pages stay, and nothing else changes.
            _ = Advise(page, first - page + (nuint)count, DontNeed);
        }

        public override void Unpin()
        {
            // A map does not move.
        }

        protected override void Dispose(bool disposing)
        {
            // The map belongs to the file.
        }
    }
}
