using System.Text;
using System.Text.Json;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Reads <c>vocab.json</c> + <c>merges.txt</c>, or <c>tokenizer.json</c> where one of them is missing. Files are
/// untrusted.
/// </summary>
internal static class VocabularyReader
{
    // The files of CLIP have 1, 0.5 and 2.2 MB.
    private const long LargestFile = 32L << 20;

    private const string VocabFile = "vocab.json";
    private const string MergesFile = "merges.txt";

    /// <summary>Tokens, merges and all steps of a tokenizer in one file.</summary>
    public const string TokenizerFile = "tokenizer.json";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    /// <exception cref="ClipException">
    /// No usable vocabulary; the message names the file and the line or token.
    /// </exception>
    public static VocabularySource Read(string folder)
    {
        var vocab = Path.Combine(folder, VocabFile);
        var merges = Path.Combine(folder, MergesFile);
        if (File.Exists(vocab) && File.Exists(merges))
            return new VocabularySource(VocabFile, ReadVocab(vocab), MergesFile, ReadMerges(merges));

        var tokenizer = Path.Combine(folder, TokenizerFile);
        if (File.Exists(tokenizer))
            return ReadTokenizer(tokenizer);

        throw new ClipException(
            ClipErrorReason.InvalidModel,
            $"The model has no vocabulary: its folder holds neither {VocabFile} with {MergesFile} "
            + $"nor {TokenizerFile}.");
    }

    private static Dictionary<string, int> ReadVocab(string path)
    {
        using var document = Parse(path, VocabFile);
        return TokenizerJson.ReadTokens(document.RootElement, VocabFile);
    }

    private static VocabularySource ReadTokenizer(string path)
    {
        using var document = Parse(path, TokenizerFile);
        return TokenizerJson.Read(document.RootElement, TokenizerFile);
    }

    public static JsonDocument Parse(string path, string file)
    {
        var bytes = ReadBytes(path, file);
        var json = bytes.AsMemory();
        if (json.Span.StartsWith(Encoding.UTF8.Preamble))
            json = json[Encoding.UTF8.Preamble.Length..];
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException exception)
        {
            var place = $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}";
            throw VocabularyError.In(file, $"is not valid JSON ({place})", exception);
        }
    }

    private static List<MergeEntry> ReadMerges(string path)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(ReadBytes(path, MergesFile));
        }
        catch (DecoderFallbackException exception)
        {
            throw VocabularyError.In(MergesFile, "is not valid UTF-8", exception);
        }

        var merges = new List<MergeEntry>();
        var number = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            number++;
            var line = text.AsSpan(range).Trim("\r\uFEFF");
            var header = number == 1 && line.StartsWith("#version");
            if (!header && !line.IsEmpty)
                merges.Add(ParseMerge(line.ToString(), $"{MergesFile} line {number}"));
        }

        return merges;
    }

    public static MergeEntry ParseMerge(string merge, string place)
    {
        var parts = merge.Split(' ');
        return parts is [{ Length: > 0 } left, { Length: > 0 } right]
            ? new MergeEntry(left, right, place)
            : throw VocabularyError.In(
                place, $"is not two tokens separated by a space: {VocabularyError.Quote(merge)}");
    }

    private static byte[] ReadBytes(string path, string file)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > LargestFile)
                throw VocabularyError.In(file, $"has {stream.Length} bytes; the maximum is {LargestFile}");

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw VocabularyError.In(file, "cannot be read", exception);
        }
    }
}
