using System.CommandLine;
using ClipGrpc.LoadTest.Data;
using ClipGrpc.V1;
using Google.Protobuf;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>Which images and labels a measurement takes.</summary>
internal sealed class ImageSetOptions
{
    private readonly Option<string> _images = new("--images")
    {
        HelpName = "DIR",
        Description = "A folder of images. [default: generated JPEGs]",
    };

    private readonly Option<string> _size = new("--size")
    {
        HelpName = "WxH",
        Description = "The size of the generated JPEGs.",
        DefaultValueFactory = _ => "480x360",
    };

    private readonly Option<string> _labels = new("--labels")
    {
        HelpName = "FILE",
        Description = "A file of labels for Classify, one per line. [default: ten common objects]",
    };

    public ImageSetOptions(Command command)
    {
        command.Add(_images);
        command.Add(_size);
        command.Add(_labels);
    }

    /// <summary>For commands whose server has models of its own.</summary>
    public static Option<string> ModelName() => new("--model")
    {
        HelpName = "NAME",
        Description = "The model of the requests. [default: the server's default model]",
        DefaultValueFactory = _ => "",
    };

    /// <exception cref="LoadTestException">No such folder, no images, no labels or no such size.</exception>
    public Requests Read(ParseResult parsed, string model) =>
        new(model, ReadImages(parsed), ReadLabels(parsed.GetValue(_labels)));

    private IReadOnlyList<ByteString> ReadImages(ParseResult parsed)
    {
        if (parsed.GetValue(_images) is { } folder)
            return ImageSet.Read(folder);

        var text = parsed.GetRequiredValue(_size);
        return text.Split('x') is [var x, var y] && int.TryParse(x, out var width) && int.TryParse(y, out var height)
            && width is > 0 and <= 16_384 && height is > 0 and <= 16_384
            ? ImageSet.Make(width, height)
            : throw new LoadTestException($"--size must be WIDTHxHEIGHT, such as 480x360, but is '{text}'.");
    }

    private static LabelSet ReadLabels(string? file)
    {
        if (file is null)
            return Requests.DefaultLabels;

        var labels = File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0).ToList();
        return labels.Count > 0
            ? new LabelSet { Labels = { labels } }
            : throw new LoadTestException($"{file} contains no labels.");
    }
}
