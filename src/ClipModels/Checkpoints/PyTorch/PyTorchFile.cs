using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>
/// A checkpoint of <c>torch.save</c> (zip, PyTorch 1.6 and later): a pickle of a dictionary of tensors
/// and their storages as plain entries. Contiguous tensors are given out in place, others as a copy.
/// </summary>
internal sealed class PyTorchFile : ITensorSource
{
    /// <summary>A checkpoint of 2,000 tensors has a pickle of about 300 KB.</summary>
    private const int MaxPickleLength = 4 << 20;

    private const string PickleName = "data.pkl";

    private readonly RegularFile _file;
    private readonly Dictionary<string, ZipEntry> _entries;
    private readonly string _folder;
    private readonly Dictionary<string, PickleTensor> _tensors = new(StringComparer.Ordinal);

    private PyTorchFile(RegularFile file)
    {
        _file = file;
        RefuseLegacyFormat(file);
        _entries = ZipDirectory.Read(file);
        _folder = FindFolder();
        CheckByteOrder();
        ReadTensors();
    }

    public string Description => _file.Name;

    public IReadOnlyCollection<string> Files => [_file.Name];

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <exception cref="ClipException">The file is missing, damaged, or holds anything but tensors.</exception>
    public static PyTorchFile Open(string path)
    {
        var file = RegularFile.Open(path);
        try
        {
            return new PyTorchFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public TensorInfo Describe(string name)
    {
        var tensor = Find(name);
        return new TensorInfo(tensor.Storage.Type, tensor.Storage.Type.ToString(), tensor.Shape);
    }

    public TensorView Get(string name)
    {
        var tensor = Find(name);
        TensorTypes.TryCountElements(tensor.Shape.AsSpan(), out var elements);
        var size = tensor.Storage.Type.Size();
        var start = StorageEntry(tensor.Storage).Offset + (tensor.Offset * size);
        if (!tensor.IsContiguous)
        {
            var copy = StridedCopy.Gather(StorageBytes(tensor.Storage).Span, tensor, elements);
            return new TensorView(name, tensor.Storage.Type, tensor.Shape, copy);
        }

        return new TensorView(name, tensor.Storage.Type, tensor.Shape, _file.Slice(start, elements * size))
        {
            Region = _file.Region(start, elements * size),
        };
    }

    public void Dispose() => _file.Dispose();

    private static void RefuseLegacyFormat(RegularFile file)
    {
        var start = file.Slice(0, Math.Min(4, file.Length)).Span;
        if (start is [0x80, _, 0x8A, 0x0A])
        {
            throw Invalid(
                file.Name,
                "the file has the format of PyTorch before version 1.6. "
                + "Load and save it with a newer PyTorch, or use safetensors.");
        }

        if (!start.StartsWith("PK"u8))
            throw Invalid(file.Name, "the file is not a PyTorch checkpoint (a zip archive).");
    }

    private string FindFolder()
    {
        var pickles = _entries.Keys.Where(name => name.EndsWith("/" + PickleName, StringComparison.Ordinal)).ToList();
        if (pickles is not [var pickle])
        {
            throw Invalid(
                _file.Name, $"the archive has {pickles.Count} entries {PickleName}; a PyTorch checkpoint has one.");
        }

        var folder = pickle[..^PickleName.Length];
        if (_entries.ContainsKey(folder + "constants.pkl"))
        {
            throw Invalid(
                _file.Name,
                "the archive is a TorchScript program. Only checkpoints with tensors are supported.");
        }

        return folder;
    }

    /// <summary>
    /// PyTorch 2.1 and later record the byte order; earlier versions used the machine's, in practice little-endian.
    /// </summary>
    private void CheckByteOrder()
    {
        if (_entries.TryGetValue(_folder + "byteorder", out var entry)
            && !_file.Slice(entry.Offset, entry.Length).Span.SequenceEqual("little"u8))
        {
            throw Invalid(_file.Name, "the tensors are not little endian.");
        }
    }

    private void ReadTensors()
    {
        var entry = _entries[_folder + PickleName];
        if (entry.Length > MaxPickleLength)
        {
            throw Invalid(
                _file.Name, $"{PickleName} has {entry.Length} bytes; at most {MaxPickleLength} are accepted.");
        }

        var pickle = _file.Slice(entry.Offset, entry.Length).Span;
        if (new RestrictedUnpickler(pickle, _file.Name).Load() is not PickleDictionary dictionary)
            throw Invalid(_file.Name, "the pickle is not a dictionary of tensors.");

        foreach (var (name, value) in dictionary.Items)
        {
            if (value is not PickleTensor tensor)
            {
                throw Invalid(
                    _file.Name,
                    $"{Quote(name)} is not a tensor. From a training checkpoint, save only the model's state_dict.");
            }

            CheckStorage(tensor.Storage);
            _tensors.Add(name, tensor);
        }
    }

    private void CheckStorage(PickleStorage storage)
    {
        var length = StorageEntry(storage).Length;
        var size = storage.Type.Size();
        if (length % size != 0 || length / size != storage.Elements)
        {
            throw Invalid(
                _file.Name,
                $"storage {Quote(storage.Key)} has {length} bytes for {storage.Elements} elements of {storage.Type}.");
        }
    }

    private ZipEntry StorageEntry(PickleStorage storage) =>
        _entries.GetValueOrDefault(_folder + "data/" + storage.Key)
        ?? throw Invalid(_file.Name, $"the archive does not have the storage {Quote(storage.Key)}.");

    private ReadOnlyMemory<byte> StorageBytes(PickleStorage storage)
    {
        var entry = StorageEntry(storage);
        return _file.Slice(entry.Offset, entry.Length);
    }

    private PickleTensor Find(string name) =>
        _tensors.GetValueOrDefault(name)
        ?? throw NotFound($"{_file.Name} has no tensor {Quote(name)}.");
}
