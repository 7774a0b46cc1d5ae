using BenchmarkDotNet.Attributes;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Tokenizers;

namespace ClipGrpc.Benchmarks;

/// <summary>A text's way to token ids.</summary>
public class TokenizerBenchmarks
{
    private const int LongTextRepeats = 9;

    private readonly string _prompt = "a photo of a small red cat on the table";
    private readonly string _long =
        string.Concat(Enumerable.Repeat("A photo of the “umbrella” in Zürich &amp; a pizza. ", LongTextRepeats));

    private string _folder = "";
    private ClipTokenizer? _tokenizer;
    private int _number;

    [GlobalSetup]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("clip-benchmark-").FullName;
        SyntheticVocabulary.Write(_folder);
        _tokenizer = ClipTokenizer.Load(_folder, 77, 49_408);
    }

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [Benchmark]
    public object Prompt() => _tokenizer!.Tokenize(_prompt).Ids;

    [Benchmark]
    public object PromptWithANewWord() => _tokenizer!.Tokenize("a photo of " + NewWord()).Ids;

    [Benchmark]
    public object LongTextWithRepairs() => _tokenizer!.Tokenize(_long).Ids;

    // Letters only: each digit would be a word of its own.
    private string NewWord() => string.Create(7, _number++, static (letters, number) =>
    {
        foreach (ref var letter in letters)
            (number, letter) = (number / 26, (char)('a' + (number % 26)));
    });
}
