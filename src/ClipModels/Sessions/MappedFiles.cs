using System.IO.MemoryMappedFiles;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Graphs;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The files of a graph's constants, mapped by this process instead of the runtime, which shares the rearranged weights
/// of two sessions only if it is given the tensors in memory. It computes with none of them in place
/// (<see cref="GraphBuilder.Matrix"/>), so they are mapped only while sessions are made. What a session has rearranged
/// leaves the memory of the process at once, so that it never holds the weights twice.
/// </summary>
internal sealed class MappedFiles : IDisposable
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly Timer _trim;
    private readonly Dictionary<string, Mapping> _mappings = new(StringComparer.Ordinal);

    public MappedFiles() =>
        _trim = new Timer(static files => ((MappedFiles)files!).Trim(), this, TrimInterval, TrimInterval);

    /// <summary>Where a region lies in memory, until this is disposed of.</summary>
    /// <exception cref="IOException">The file cannot be mapped, or is shorter.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public nint AddressOf(FileRegion region)
    {
        lock (_lock)
        {
            if (!_mappings.TryGetValue(region.Path, out var mapping))
                _mappings.Add(region.Path, mapping = new Mapping(region.Path));
            return mapping.AddressOf(region);
        }
    }

    public void Dispose()
    {
        _trim.Dispose();
        lock (_lock)
        {
            foreach (var mapping in _mappings.Values)
                mapping.Dispose();
            _mappings.Clear();
        }
    }

    private void Trim()
    {
        lock (_lock)
        {
            foreach (var mapping in _mappings.Values)
                mapping.Trim();
        }
    }

    private sealed class Mapping : IDisposable
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;

        public Mapping(string path)
        {
            _file = MemoryMappedFile.CreateFromFile(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), null, 0,
                MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            try
            {
                _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            }
            catch
            {
                _file.Dispose();
                throw;
            }
        }

        private nint Start => _view.SafeMemoryMappedViewHandle.DangerousGetHandle();

        public nint AddressOf(FileRegion region)
        {
            // The view is as long as the file at least; a region was checked when the tensor was located.
            if (region.Offset < 0 || region.Length < 0 || region.Offset > _view.Capacity - region.Length)
                throw new EndOfStreamException("The weights file has become shorter.");
            return Start + (nint)region.Offset;
        }

        public void Trim() => FileAdvice.LeaveMemory(Start, _view.Capacity);

        public void Dispose()
        {
            _view.Dispose();
            _file.Dispose();
        }
    }
}
