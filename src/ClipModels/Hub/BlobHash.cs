using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace ClipGrpc.Models.Hub;

/// <summary>
/// A file's ETag at the Hub, which is also its name in the cache: the SHA-256 of a large file (64 hex digits) or git's
/// SHA-1 of a small one (40).
/// </summary>
internal sealed record BlobHash
{
    private const int Sha256Digits = 64;
    private const int GitSha1Digits = 40;

    private BlobHash(string text) => Text = text;

    public string Text { get; }

    public bool IsSha256 => Text.Length == Sha256Digits;

    public static bool TryParse(string text, [NotNullWhen(true)] out BlobHash? hash)
    {
        var isHash = text.Length is Sha256Digits or GitSha1Digits && text.All(char.IsAsciiHexDigitLower);
        hash = isHash ? new BlobHash(text) : null;
        return isHash;
    }

    /// <summary>Takes the file's bytes, after git's own header (kind and length) where the hash is git's.</summary>
    /// <param name="size">Of the whole file, in bytes.</param>
    public IncrementalHash Begin(long size)
    {
        var hash = IncrementalHash.CreateHash(IsSha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!IsSha256)
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        return hash;
    }

    /// <summary>Whether the bytes that <paramref name="hash"/> has taken are those of this file.</summary>
    public bool Matches(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetCurrentHash()) == Text;

    public override string ToString() => Text;
}
