using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Files;
using static ClipGrpc.Models.Configuration.ConfigLimits;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Configuration;

/// <summary>
/// Reads how transformers' CLIPImageProcessor prepares images: <c>preprocessor_config.json</c>, or the image processor
/// in <c>processor_config.json</c>, which is all that later versions save. What the processor acts on is read or
/// refused; it keeps every other key without using it.
/// </summary>
internal static class TransformersPreprocessing
{
    public const string FileName = "preprocessor_config.json";

    public const string ProcessorFileName = "processor_config.json";

    private const string NestedKey = "image_processor";

    private const int Bicubic = 3;

    /// <summary>Pillow's filters by their numbers; the first, nearest neighbour, is not supported.</summary>
    private static readonly ResizeFilter?[] Filters =
    [
        null, ResizeFilter.Lanczos, ResizeFilter.Bilinear, ResizeFilter.Bicubic, ResizeFilter.Box, ResizeFilter.Hamming,
    ];

    /// <summary>Image processors that are CLIP's, under the names it has had.</summary>
    private static readonly string[] Processors =
        ["CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor"];

    /// <returns>The configuration with its images as the files state.</returns>
    /// <exception cref="ClipException">
    /// Neither file is there, they contradict each other, or one has errors: all of them are named.
    /// </exception>
    public static ClipConfig Read(string folder, ClipConfig config)
    {
        var nested = ReadNested(folder, config);
        if (nested is not null && !File.Exists(Path.Combine(folder, FileName)))
            return nested;

        using var document = JsonFile.Read(Path.Combine(folder, FileName), JsonFile.ConfigurationLimit);
        var errors = new List<string>();
        var read = Read(new ConfigSection(document.RootElement, "", errors), config);
        ThrowIfAny(FileName, errors);
        if (nested is null || IsSame(nested, read))
            return read;

        // Which of the two counts depends on the version of transformers.
        throw Invalid(
            ProcessorFileName,
            $"{Quote(NestedKey)} prepares images differently than {FileName}. Remove one of them.");
    }

    /// <summary>Null where there is no such file or no image processor in it.</summary>
    private static ClipConfig? ReadNested(string folder, ClipConfig config)
    {
        var path = Path.Combine(folder, ProcessorFileName);
        if (!File.Exists(path))
            return null;

        using var document = JsonFile.Read(path, JsonFile.ConfigurationLimit);
        var errors = new List<string>();
        var section = new ConfigSection(document.RootElement, "", errors).Section(NestedKey);
        var read = section.Exists ? Read(section, config) : null;
        ThrowIfAny(ProcessorFileName, errors);
        return read;
    }

    private static bool IsSame(ClipConfig one, ClipConfig other) =>
        one.Image == other.Image && one.Mean.AsSpan().SequenceEqual(other.Mean)
        && one.StandardDeviation.AsSpan().SequenceEqual(other.StandardDeviation);

    private static ClipConfig Read(ConfigSection processor, ClipConfig config)
    {
        CheckClass(processor);
        var (mode, edge) = ReadResize(processor, config.Image.Size);
        CheckCrop(processor, mode, edge, config.Image.Size);
        foreach (var step in (ReadOnlySpan<string>)["do_resize", "do_normalize", "do_rescale"])
        {
            if (!processor.Boolean(step, true))
                processor.AddError(step, "is false, which is not supported.");
        }

        processor.Harmless("do_pad");
        var filter = Filters[processor.Integer("resample", 0, Filters.Length - 1, Bicubic)];
        if (filter is null)
            processor.AddError("resample", "is 0, nearest neighbour, which is not supported; 1 to 5 are.");
        if (Math.Abs((processor.Number("rescale_factor", 0, 1, 1 / 255.0) * 255) - 1) > 1e-6)
            processor.AddError("rescale_factor", "must be 1/255.");

        return config with
        {
            Image = config.Image with
            {
                Mode = mode,
                Edge = Math.Max(edge, config.Image.Size),
                Filter = filter ?? ResizeFilter.Bicubic,
            },
            Mean = Mean(processor, "image_mean"),
            StandardDeviation = StandardDeviation(processor, "image_std"),
        };
    }

    private static void CheckClass(ConfigSection processor)
    {
        foreach (var key in (ReadOnlySpan<string>)["image_processor_type", "feature_extractor_type"])
        {
            var name = processor.Text(key, Processors[0]);
            if (!Processors.Contains(name))
                processor.AddError(key, $"is {Quote(name)}; only {Processors[0]} is supported.");
        }
    }

    /// <summary>One number means the shortest edge; a height and a width are both edges.</summary>
    private static (ResizeMode Mode, int Edge) ReadResize(ConfigSection processor, int imageSize)
    {
        const string key = "size";
        var isSquare = processor.Boolean("use_square_size", false);
        if (processor.IsNumber(key) || processor.IsArray(key))
        {
            var edge = processor.Square(key, 1, MaxImageSize, null);
            CheckEdge(processor, key, edge, imageSize);

            // The two classes of transformers read this key differently.
            if (processor.IsNumber(key))
                processor.Harmless("default_to_square");
            return (isSquare || processor.IsArray(key) ? ResizeMode.Squash : ResizeMode.ShortestEdge, edge);
        }

        var size = processor.Section(key);
        var hasBoth = size.Has("height") || size.Has("width");
        var side = hasBoth ? ReadHeightAndWidth(processor, key, size) : ReadShortestEdge(size);
        CheckEdge(processor, key, side, imageSize);
        size.RefuseUnknownKeys();
        return (hasBoth || isSquare ? ResizeMode.Squash : ResizeMode.ShortestEdge, side);
    }

    private static int ReadShortestEdge(ConfigSection size) =>
        size.Integer("shortest_edge", 1, MaxImageSize, size.Exists ? null : 224);

    private static int ReadHeightAndWidth(ConfigSection processor, string key, ConfigSection size)
    {
        var height = size.Integer("height", 1, MaxImageSize, size.Exists ? null : 224);
        if (size.Integer("width", 1, MaxImageSize, size.Exists ? null : 224) != height)
            processor.AddError(key, "must have the same height and width.");
        return height;
    }

    private static void CheckCrop(ConfigSection processor, ResizeMode mode, int edge, int imageSize)
    {
        const string step = "do_center_crop";
        const string key = "crop_size";
        if (processor.Boolean(step, true))
        {
            var size = processor.IsNumber(key) || processor.IsArray(key)
                ? processor.Square(key, 1, MaxImageSize, null)
                : ReadHeightAndWidth(processor, key, processor.Section(key));
            if (size != imageSize)
                processor.AddError(key, $"is {size}, but the model's image size is {imageSize}.");
        }
        else if (mode != ResizeMode.Squash)
        {
            processor.AddError(step, "is false, but resizing the shortest edge does not produce a square.");
        }
        else if (edge != imageSize)
        {
            processor.AddError(
                "size", $"is {edge}, but the model's image size is {imageSize} and images are not cropped.");
        }
    }

    private static void CheckEdge(ConfigSection processor, string key, int edge, int imageSize)
    {
        if (edge < imageSize)
        {
            processor.AddError(
                key, $"is {edge}, less than the model's image size of {imageSize}: padding is not supported.");
        }
    }
}
