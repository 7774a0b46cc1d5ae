using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClipGrpc.Models.Files;

/// <summary>
/// The files that decide on a model's numbers, as they were before the first of them was read. Everything that is read
/// afterwards, by this program or by ONNX Runtime, counts only if <see cref="CheckUnchanged"/> still holds then: so the
/// digest is that of the bytes in use.
/// </summary>
internal sealed class ModelContent
{
    private const int BufferLength = 1 << 20;

    private readonly IReadOnlyList<ContentFile> _files;

    private ModelContent(IReadOnlyList<ContentFile> files) => _files = files;

    /// <summary>The files that are there.</summary>
    public IEnumerable<ContentFile> Files => _files.Where(file => file.Stamp is not null);

    /// <param name="folder">Of the model.</param>
    /// <param name="names">Files relative to it that are read where they are there.</param>
    /// <exception cref="ClipException">One is not a regular file, or cannot be looked at.</exception>
    public static ModelContent Of(string folder, IEnumerable<string> names)
    {
        try
        {
            return new ModelContent(
                [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(Describe)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CheckpointErrors.Invalid(
                Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), "a file of the model cannot be read.",
                exception);
        }

        ContentFile Describe(string name)
        {
            var path = RegularFile.ResolveLinks(Path.Combine(folder, name));
            return new ContentFile(name, path, FileStamp.OfPath(path, name));
        }
    }

    /// <exception cref="ClipException">A file has changed, has gone or has come since.</exception>
    public void CheckUnchanged()
    {
        foreach (var file in _files)
        {
            if (FileStamp.OfPath(file.Path, file.Name) != file.Stamp)
                throw RegularFile.Changed(file.Name);
        }
    }

    /// <summary>SHA-256 over the files' names, lengths and contents, in hex digits.</summary>
    /// <param name="check">Is told the SHA-256 of each file's content.</param>
    /// <exception cref="ClipException">
    /// A file has changed or cannot be read, or <paramref name="check"/> fails.
    /// </exception>
    public string ComputeDigest(
        DigestMemo memo, Action<ContentFile, string> check, CancellationToken cancellationToken)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files)
        {
            var stamp = file.Stamp!.Value;
            var digest = memo.Find(stamp) ?? Hash(file, memo, cancellationToken);
            check(file, digest);
            all.AppendData(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{file.Name}\n{stamp.Length}\n{digest}\n")));
        }

        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    private static string Hash(ContentFile file, DigestMemo memo, CancellationToken cancellationToken)
    {
        using var source = RegularFile.Open(file.Path);
        if (source.Stamp != file.Stamp)
            throw RegularFile.Changed(file.Name);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        for (var offset = 0L; offset < source.Length; offset += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, source.Length - offset));
            source.Read(offset, part);
            hash.AppendData(part);
        }

        source.CheckUnchanged();
        var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        memo.Keep(source.Stamp, digest);
        return digest;
    }
}
