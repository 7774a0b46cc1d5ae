using System.Text;
using System.Text.Json;
using ClipGrpc.Models.Tokenizers;

namespace ClipGrpc.TestSupport;

/// <summary>A temporary folder with a small vocabulary: all bytes, the given merges, start and end token.</summary>
internal sealed class VocabularyFolder : IDisposable
{
    public static readonly string[] SmallMerges =
        ["t h", "th e</w>", "c a", "ca t</w>", "p h", "o t", "ph ot", "phot o</w>", "a a", "aa aa", "i n", "in g</w>"];

    private static readonly JsonElement Normalizer = JsonElement.Parse("""
        {"type":"Sequence","normalizers":[{"type":"NFC"},
         {"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}
        """);

    private static readonly JsonElement PreTokenizer = JsonElement.Parse("""
        {"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"Removed","invert":true,
          "pattern":{"Regex":"'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"}},
         {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}]}
        """);

    private readonly string[] _tokens;

    public VocabularyFolder(
        string[]? merges = null, string start = "<|startoftext|>", string end = "<|endoftext|>")
    {
        Merges = merges ?? SmallMerges;
        Start = start;
        End = end;
        var bytes = Enumerable.Range(0, 256).Select(value => ByteAlphabet.SymbolOf((byte)value).ToString()).ToArray();
        _tokens = [.. bytes, .. bytes.Select(b => b + "</w>"), .. Merges.Select(m => m.Replace(" ", "")), start, end];
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("clip-text-").FullName;

    public string[] Merges { get; }

    public string Start { get; }

    public string End { get; }

    public int Size => _tokens.Length;

    public static VocabularyFolder Written(string[]? merges = null)
    {
        var folder = new VocabularyFolder(merges);
        folder.WriteVocab(folder.Tokens());
        folder.WriteMerges(folder.Merges);
        return folder;
    }

    public Dictionary<string, int> Tokens() => _tokens.Select((token, id) => (token, id)).ToDictionary();

    public void WriteVocab(IReadOnlyDictionary<string, int> tokens)
    {
        Write("vocab.json", JsonSerializer.Serialize(tokens));
    }

    public void WriteMerges(IEnumerable<string> merges)
    {
        Write("merges.txt", "#version: 0.2\n" + string.Join('\n', merges) + "\n");
    }

    /// <param name="merges">Texts, or pairs of texts.</param>
    public void WriteTokenizer(IEnumerable<object> merges, string suffix = "</w>")
    {
        var tokens = Tokens();
        var added = new[] { Start, End }.Select(token => new { id = tokens[token], content = token });
        var model = new { type = "BPE", end_of_word_suffix = suffix, vocab = tokens, merges };
        Write("tokenizer.json", JsonSerializer.Serialize(
            new { added_tokens = added, normalizer = Normalizer, pre_tokenizer = PreTokenizer, model }));
    }

    public void Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public void Write(string name, byte[] content) => File.WriteAllBytes(System.IO.Path.Combine(Path, name), content);

    public ClipTokenizer Load(int contextLength = 77) => ClipTokenizer.Load(Path, contextLength, Size);

    /// <summary>The words that a text is cut into, with spaces between: what cleaning and cutting made of it.</summary>
    public string Words(string text)
    {
        var bytes = new List<byte>();
        foreach (var token in Load(100_000).Tokenize(text).Ids[1..^1].Select(id => _tokens[id]))
            bytes.AddRange(token == Start || token == End ? Encoding.UTF8.GetBytes(token + " ") : BytesOf(token));
        return Encoding.UTF8.GetString(bytes.ToArray()).TrimEnd(' ');
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static IEnumerable<byte> BytesOf(string token)
    {
        var final = token.EndsWith("</w>", StringComparison.Ordinal);
        foreach (var symbol in final ? token[..^4] : token)
            yield return (byte)Enumerable.Range(0, 256).First(value => ByteAlphabet.SymbolOf((byte)value) == symbol);
        if (final)
            yield return (byte)' ';
    }
}
