using System.Buffers.Binary;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints.Safetensors;

/// <summary>
/// A safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes without gaps
/// or overlaps. Everything is checked when it is opened; an element type that is not supported is an error only for
/// who asks for that tensor.
/// </summary>
/// <remarks>Source of the format: https://github.com/huggingface/safetensors#format.</remarks>
internal sealed class SafetensorsFile : ITensorSource
{
    private const int LengthPrefix = 8;

    private readonly RegularFile _file;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);

    private SafetensorsFile(RegularFile file)
    {
        _file = file;
        var headerLength = ReadHeaderLength(file);
        _dataStart = LengthPrefix + headerLength;
        var entries = SafetensorsHeader.Parse(file.Slice(LengthPrefix, headerLength).Span, file.Name);
        CheckExtents(entries);
        foreach (var entry in entries)
        {
            CheckSize(entry);
            _entries.Add(entry.Name, entry);
        }
    }

    public string Description => _file.Name;

    /// <summary>Absolute, links followed.</summary>
    public string FullPath => _file.FullPath;

    public IReadOnlyCollection<string> Files => [_file.Name];

    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <exception cref="ClipException">No such file, or it is not sound.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = RegularFile.Open(path);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <param name="file">Ends with this.</param>
    /// <exception cref="ClipException">It is not sound.</exception>
    public static SafetensorsFile Read(RegularFile file) => new(file);

    public TensorInfo Describe(string name)
    {
        var entry = Find(name);
        return new TensorInfo(TypeOf(entry.Type), entry.Type, entry.Shape);
    }

    public TensorView Get(string name)
    {
        var entry = Find(name);
        var type = TypeOf(entry.Type) ?? throw Invalid(
            _file.Name,
            $"tensor {Quote(name)} has the unsupported type {Quote(entry.Type)}.");
        var (start, length) = (_dataStart + entry.Begin, entry.End - entry.Begin);
        return new TensorView(name, type, entry.Shape, _file.Slice(start, length))
        {
            Region = _file.Region(start, length),
        };
    }

    /// <exception cref="ClipException">The file is another than it was when it was opened.</exception>
    public void CheckUnchanged() => _file.CheckUnchanged();

    public void Dispose() => _file.Dispose();

    private static TensorType? TypeOf(string type) => type switch
    {
        "F32" => TensorType.Float32,
        "F16" => TensorType.Float16,
        "BF16" => TensorType.BFloat16,
        "I64" => TensorType.Int64,
        _ => null,
    };

    /// <summary>Bytes per element; null for types unknown to this reader, whose size cannot be checked.</summary>
    private static int? SizeOf(string type) => type switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => null,
    };

    private static long ReadHeaderLength(RegularFile file)
    {
        if (file.Length < LengthPrefix)
            throw Invalid(file.Name, $"{file.Length} bytes are too few for a safetensors file.");

        var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, LengthPrefix).Span);
        if (length > (ulong)(file.Length - LengthPrefix))
        {
            throw Invalid(
                file.Name,
                $"the header states {length} bytes, but the file has {file.Length}: "
                + "it is truncated or not a safetensors file.");
        }

        if (length > SafetensorsHeader.MaxLength)
        {
            throw Invalid(
                file.Name, $"the header has {length} bytes; at most {SafetensorsHeader.MaxLength} are accepted.");
        }

        return (long)length;
    }

    /// <summary>In the order of their offsets the tensors fill the data exactly.</summary>
    private void CheckExtents(IReadOnlyList<SafetensorsEntry> entries)
    {
        var dataLength = _file.Length - _dataStart;
        var position = 0L;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            var what = $"tensor {Quote(entry.Name)} at {entry.Begin}..{entry.End}";
            if (entry.End < entry.Begin)
                throw Invalid(_file.Name, $"{what} ends before it begins.");
            if (entry.End > dataLength)
                throw Invalid(_file.Name, $"{what} ends beyond the file's {dataLength} bytes of data.");
            if (entry.Begin < position)
                throw Invalid(_file.Name, $"{what} overlaps the tensor before it, which ends at {position}.");
            if (entry.Begin > position)
                throw Invalid(_file.Name, $"{what} leaves a gap after {position}.");
            position = entry.End;
        }

        if (position != dataLength)
            throw Invalid(_file.Name, $"the tensors end at {position}, the data at {dataLength}.");
    }

    private void CheckSize(SafetensorsEntry entry)
    {
        var what = $"tensor {Quote(entry.Name)} of shape {Format(entry.Shape)}";
        if (!TensorTypes.TryCountElements(entry.Shape.AsSpan(), out var elements))
            throw Invalid(_file.Name, $"{what} has more than 2^63 elements.");

        var bytes = entry.End - entry.Begin;
        if (SizeOf(entry.Type) is { } size && (bytes % size != 0 || bytes / size != elements))
            throw Invalid(_file.Name, $"{what} and type {entry.Type} has {bytes} bytes.");
    }

    private SafetensorsEntry Find(string name) =>
        _entries.GetValueOrDefault(name)
        ?? throw NotFound($"{_file.Name} has no tensor {Quote(name)}.");
}
