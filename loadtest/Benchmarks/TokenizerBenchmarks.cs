using BenchmarkDotNet.Attributes;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Models.Tokenizers;

namespace ClipGrpc.Benchmarks;

/// <summary>A text's way to token ids.</summary>
public class TokenizerBenchmarks
{
    private const int LongTextRepeats = 9;

    // As many and as long as a call may bring by default.
    private const int CallTexts = 256;
    private const int CallTextLength = 16_384;

    private readonly string _prompt = "a photo of a small red cat on the table";
    private readonly string _long =
        string.Concat(Enumerable.Repeat("A photo of the “umbrella” in Zürich &amp; a pizza. ", LongTextRepeats));

    private readonly string[] _prose = MakeCall("A photo of the umbrella in Zurich and a pizza. ");
    private readonly string[] _repaired = MakeCall("A photo of the “umbrella” in Zürich &amp; a pizza. ");
    private readonly string[] _chinese = MakeCall("一只猫在桌子上的照片和一把红色的雨伞");
    private readonly string[] _oneWord = MakeCall("umbrella");

    private ScratchFolder? _folder;
    private ClipTokenizer? _tokenizer;
    private int _number;

    [GlobalSetup]
    public void SetUp()
    {
        _folder = new ScratchFolder("benchmark");
        SyntheticVocabulary.Write(_folder.Path);
        _tokenizer = ClipTokenizer.Load(_folder.Path, 77, 49_408);
    }

    [GlobalCleanup]
    public void CleanUp() => _folder?.Dispose();

    [Benchmark]
    public object Prompt() => _tokenizer!.Tokenize(_prompt).Ids;

    [Benchmark]
    public object PromptWithANewWord() => _tokenizer!.Tokenize("a photo of " + NewWord()).Ids;

    [Benchmark]
    public object LongTextWithRepairs() => _tokenizer!.Tokenize(_long).Ids;

    [Benchmark]
    public int CallOfProse() => Truncated(_prose);

    [Benchmark]
    public int CallOfProseWithRepairs() => Truncated(_repaired);

    [Benchmark]
    public int CallOfTextWithoutSpaces() => Truncated(_chinese);

    [Benchmark]
    public int CallOfOneWord() => Truncated(_oneWord);

    private static string[] MakeCall(string sentence)
    {
        var text = string.Concat(Enumerable.Repeat(sentence, CallTextLength / sentence.Length));
        return [.. Enumerable.Repeat(text, CallTexts)];
    }

    private int Truncated(string[] texts) => texts.Count(text => _tokenizer!.Tokenize(text).Truncated);

    // Letters only: each digit would be a word of its own.
    private string NewWord() => string.Create(7, _number++, static (letters, number) =>
    {
        foreach (ref var letter in letters)
            (number, letter) = (number / 26, (char)('a' + (number % 26)));
    });
}
