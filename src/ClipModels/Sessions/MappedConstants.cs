using System.Buffers;
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
internal sealed class MappedConstants : IDisposable
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly Timer _trim;
    private readonly Dictionary<string, Mapping> _mappings = new(StringComparer.Ordinal);

    /// <exception cref="IOException">A file cannot be mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">A file cannot be read.</exception>
    public MappedConstants(IReadOnlyList<FileConstant> constants)
    {
        try
        {
            Constants = [.. constants.Select(constant => new GraphConstant(
                constant.Name, constant.Type, constant.Shape,
                MappingOf(constant.Region.Path).Slice(constant.Region.Offset, constant.Region.Length)))];
        }
        catch
        {
            DisposeMappings();
            throw;
        }

        _trim = new Timer(static constants => ((MappedConstants)constants!).Trim(), this, TrimInterval, TrimInterval);
    }

    /// <summary>Not to be used after this is disposed of.</summary>
    public IReadOnlyList<GraphConstant> Constants { get; }

    public void Dispose()
    {
        _trim.Dispose();
        DisposeMappings();
    }

    private void DisposeMappings()
    {
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

    private Mapping MappingOf(string path)
    {
        if (!_mappings.TryGetValue(path, out var mapping))
            _mappings.Add(path, mapping = new Mapping(path));
        return mapping;
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

        public ReadOnlyMemory<byte> Slice(long offset, long length)
        {
            // The view is as long as the file at least; a region was checked when the tensor was located.
            if (offset < 0 || length < 0 || offset > _view.Capacity - length)
                throw new EndOfStreamException("The weights file has become shorter.");
            return new Region(_view, offset, checked((int)length)).Memory;
        }

        public void Trim() =>
            FileAdvice.LeaveMemory(_view.SafeMemoryMappedViewHandle.DangerousGetHandle(), _view.Capacity);

        public void Dispose()
        {
            _view.Dispose();
            _file.Dispose();
        }
    }

    private sealed unsafe class Region(MemoryMappedViewAccessor view, long offset, int length) : MemoryManager<byte>
    {
        public override Memory<byte> Memory => CreateMemory(length);

        public override Span<byte> GetSpan() => new(First(), length);

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length);
            return new MemoryHandle(First() + elementIndex, default, this);
        }

        public override void Unpin()
        {
            // A mapping does not move.
        }

        protected override void Dispose(bool disposing)
        {
            // The mapping belongs to its owner.
        }

        private byte* First()
        {
            var handle = view.SafeMemoryMappedViewHandle;
            ObjectDisposedException.ThrowIf(handle.IsClosed, view);
            return (byte*)handle.DangerousGetHandle() + view.PointerOffset + offset;
        }
    }
}
