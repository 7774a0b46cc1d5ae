using ClipGrpc.Cli.Inputs;
using ClipGrpc.V1;
using Google.Protobuf;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>What calls send: in memory, so that no disk is measured.</summary>
internal sealed class BenchInputs
{
    private const int MaxImages = 256;
    private const long MaxBytes = 256 << 20;
    private const int GeneratedImages = 16;

    private readonly Func<long, Input> _create;

    private BenchInputs(string description, Func<long, Input> create)
    {
        Description = description;
        _create = create;
    }

    public string Description { get; }

    /// <exception cref="CliException">A file cannot be read.</exception>
    public static BenchInputs OfImages(IEnumerable<string> paths)
    {
        var files = new List<ByteString>();
        var bytes = 0L;
        foreach (var input in PathExpander.Expand(paths))
        {
            if (input.Problem is { } problem)
                throw CliException.WrongUse($"--images: {input.Name}: {problem.Message}");
            if (files.Count == MaxImages || bytes > MaxBytes)
                break;

            files.Add(Read(input.Name));
            bytes += files[^1].Length;
        }

        return new BenchInputs(
            $"{files.Count} image files of {bytes / files.Count / 1000} kB on average",
            number => OfImage(files[(int)(number % files.Count)]));
    }

    /// <exception cref="CliException">The file cannot be read.</exception>
    public static BenchInputs OfTexts(string path)
    {
        var texts = TextFile.ReadLines(path, "--texts-file");
        return texts.Count > 0
            ? new BenchInputs(
                $"{texts.Count} texts of {path}; the server may have cached repeated ones",
                number => new Input { Text = texts[(int)(number % texts.Count)] })
            : throw CliException.WrongUse($"--texts-file: {path} has no texts.");
    }

    public static BenchInputs GenerateImages()
    {
        var files = Enumerable.Range(0, GeneratedImages)
            .Select(seed => UnsafeByteOperations.UnsafeWrap(GeneratedImage.Create(seed))).ToList();
        return new BenchInputs(
            $"{GeneratedImages} generated PNG files of {GeneratedImage.Width} × {GeneratedImage.Height} pixels; "
            + "use your own with --images DIR",
            number => OfImage(files[(int)(number % files.Count)]));
    }

    /// <summary>Each is another text, because the server keeps the embeddings of those that it knows.</summary>
    public static BenchInputs GenerateTexts()
    {
        string[] things = ["dog", "bicycle", "harbor", "sailing boat", "plate of food", "street at night", "mountain"];
        string[] styles = ["a photo of a", "a drawing of a", "a close-up photo of a", "a blurry photo of the"];
        return new BenchInputs(
            "generated texts, each sent once",
            number => new Input
            {
                Text = $"{styles[number % styles.Length]} {things[number % things.Length]}, number {number}",
            });
    }

    /// <param name="number">Of the item, from 0.</param>
    public Input Create(long number) => _create(number);

    private static Input OfImage(ByteString file) => new() { Image = new Image { Encoded = file } };

    private static ByteString Read(string path)
    {
        try
        {
            return UnsafeByteOperations.UnsafeWrap(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.WrongUse($"--images: {path}: {exception.Message}", exception);
        }
    }
}
