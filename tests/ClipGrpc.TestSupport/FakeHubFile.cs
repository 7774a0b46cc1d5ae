using System.Security.Cryptography;
using System.Text;

namespace ClipGrpc.TestSupport;

/// <summary>A file of a model at the <see cref="FakeHub"/>.</summary>
/// <param name="IsLarge">Lies in the store at another address, under its SHA-256.</param>
internal sealed record FakeHubFile(byte[] Content, bool IsLarge)
{
    /// <summary>What the hub says the hash is; a wrong one can be claimed.</summary>
    public string ETag { get; init; } = IsLarge ? Sha256(Content) : GitSha1(Content);

    /// <summary>What the hub says the size is.</summary>
    public long Size { get; init; } = Content.Length;

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string GitSha1(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
}
