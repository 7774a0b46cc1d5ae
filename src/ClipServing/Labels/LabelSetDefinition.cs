using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Models.Tokenizers;

namespace ClipGrpc.Serving.Labels;

/// <summary>Labels and the sentences they are put into, checked by the reader of requests.</summary>
/// <param name="Templates">Each with `{}` once; at least one ("{}" stands for the label alone).</param>
internal sealed record LabelSetDefinition(IReadOnlyList<string> Labels, IReadOnlyList<string> Templates)
{
    /// <summary>
    /// What a model reads of a label: labels with the same are one label to it. Empty: it reads nothing of it.
    /// </summary>
    public static string ReadableForm(string label) =>
        string.Join(' ', TextCleaner.Clean(label).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public int SentenceCount => Labels.Count * Templates.Count;

    /// <summary>
    /// Label-major: all sentences of the first label first. Made one by one, because together they can be a thousand
    /// times the request that asks for them.
    /// </summary>
    public string Sentence(int index) =>
        Templates[index % Templates.Count].Replace(LabelTemplate.Placeholder, Labels[index / Templates.Count]);

    /// <summary>Lower-case hexadecimal SHA-256 over a model's identity, the templates and the labels.</summary>
    public string ComputeId(string modelIdentity)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, modelIdentity);
        Append(hash, Templates);
        Append(hash, Labels);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, IReadOnlyList<string> texts)
    {
        AppendLength(hash, texts.Count);
        foreach (var text in texts)
            Append(hash, text);
    }

    // Lengths go in first, so that ["ab", "c"] and ["a", "bc"] differ.
    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        AppendLength(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendLength(IncrementalHash hash, int length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        hash.AppendData(bytes);
    }
}
