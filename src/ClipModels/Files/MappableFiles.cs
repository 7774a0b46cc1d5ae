namespace ClipGrpc.Models.Files;

/// <summary>
/// Files that ONNX Runtime may map while it loads from them, though others may write to them: whoever truncates a
/// mapped file ends the process (SIGBUS). They are mapped in place under leases. Where the kernel grants none, as for
/// another owner's files and on network file systems, private copies are mapped, which are made when they are needed.
/// </summary>
internal sealed class MappableFiles : IDisposable
{
    private const int BufferLength = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _names;
    private readonly FileLease _lease;
    private readonly string? _temporary;
    private readonly Dictionary<string, string?> _copies = new(StringComparer.Ordinal);
    private string? _folder;

    private MappableFiles(Dictionary<string, string> names, FileLease lease, string? temporary)
    {
        _names = names;
        _lease = lease;
        _temporary = temporary;

        // Windows lets nobody truncate a file that is mapped.
        AreInPlace = OperatingSystem.IsWindows() || lease.Count == names.Count;
    }

    /// <summary>No copies are needed.</summary>
    public bool AreInPlace { get; }

    /// <param name="files">
    /// Path, absolute with links followed, and what a copy is called, relative to the folder of all copies.
    /// </param>
    /// <param name="temporary">Where that folder is made; null: in the system's temporary folder.</param>
    /// <exception cref="ClipException">A file cannot be opened.</exception>
    public static MappableFiles Take(IEnumerable<(string Path, string Name)> files, string? temporary = null)
    {
        var names = NamesOf(files);
        return new MappableFiles(names, FileLease.Take(names.Keys), temporary);
    }

    /// <summary>
    /// For what keeps files mapped after it has loaded from them, which no lease covers: nobody else can reach a copy
    /// once this is disposed of.
    /// </summary>
    public static MappableFiles Copy(IEnumerable<(string Path, string Name)> files) =>
        new(NamesOf(files), FileLease.Take([]), temporary: null);

    /// <summary>Whether a file itself is mapped now.</summary>
    public static bool AreMapped(IEnumerable<(string Path, string Name)> files) =>
        files.Any(file => ProcessMaps.Contains(file.Path));

    /// <summary>What to map for a file; null: nothing, because there is no room for a copy.</summary>
    /// <param name="path">One that is not among those taken is not mapped either.</param>
    /// <exception cref="ClipException">The file cannot be read, or changes meanwhile.</exception>
    public string? PathOf(string path)
    {
        if (!_names.TryGetValue(path, out var name))
            return null;
        if (AreInPlace)
            return path;

        lock (_lock)
        {
            if (!_copies.TryGetValue(path, out var copy))
                _copies.Add(path, copy = TryCopy(path, name));
            return copy;
        }
    }

    public void Dispose()
    {
        _lease.Dispose();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    private static Dictionary<string, string> NamesOf(IEnumerable<(string Path, string Name)> files) =>
        files.Distinct().ToDictionary(file => file.Path, file => file.Name, StringComparer.Ordinal);

    private string? TryCopy(string path, string name)
    {
        using var source = RegularFile.Open(path);
        string? copy = null;
        try
        {
            // Readable by this user only, as what it holds may be.
            _folder ??= _temporary is null
                ? Directory.CreateTempSubdirectory("clip-weights-").FullName
                : CacheFolder.Create(_temporary, Path.GetRandomFileName());
            copy = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            using var target = new FileStream(copy, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
            Copy(source, target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What there is of it must not keep the room.
            if (copy is not null)
                File.Delete(copy);
            return null;
        }

        source.CheckUnchanged();
        return copy;
    }

    private static void Copy(RegularFile source, FileStream target)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        for (var offset = 0L; offset < source.Length; offset += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, source.Length - offset));
            source.Read(offset, part);
            target.Write(part);
        }
    }
}
