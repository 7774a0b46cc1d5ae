using System.Numerics.Tensors;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using SkiaSharp;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>A server of one golden model, and the comparison of its answers with the reference's.</summary>
internal sealed class GoldenServer : IAsyncDisposable
{
    /// <summary>Largest difference of an element, of fp32 weights.</summary>
    public const double Exact = 1e-4;

    /// <summary>The same for weights that were rounded to half precision: only the cosine counts.</summary>
    public const double Rounded = 2;

    /// <summary>A full-size model takes a while where other tests run beside it.</summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(4);

    private const double LeastCosine = 0.9999;
    private const double ProbabilityTolerance = 1e-3;

    private readonly GoldenModel _golden;
    private readonly RunningServer _server;
    private readonly double _tolerance;
    private readonly int[] _images;

    private GoldenServer(GoldenModel golden, RunningServer server, double tolerance, CropRounding rounding)
    {
        _golden = golden;
        _server = server;
        _tolerance = tolerance;
        _images =
        [
            .. Enumerable.Range(0, golden.Images.Length)
                .Where(i => IsComparable(golden, golden.Images[i], rounding)),
        ];
    }

    public static async Task<GoldenServer> StartAsync(GoldenModel golden, string folder, double tolerance)
    {
        // Small batches, so that the warm-up of a full-size model on two cores takes seconds; six images still make
        // more than one.
        var server = await RunningServer.StartAsync(new Dictionary<string, string?>
        {
            ["Clip:Models"] = $"golden={folder}",
            ["Clip:Batching:MaxBatchSize"] = "4",
        });
        var rounding = File.Exists(Path.Combine(folder, "open_clip_config.json"))
            ? CropRounding.HalfEven
            : CropRounding.Floor;
        return new GoldenServer(golden, server, tolerance, rounding);
    }

    public async Task CheckImagesAsync()
    {
        var request = new EmbedRequest { Model = "golden" };
        request.Inputs.AddRange(_images.Select(i => ImageInput(_golden.Images[i])));

        var response = await _server.Clip.EmbedAsync(request, Limited(CallLimit));

        Assert.InRange(_images.Length, _golden.Images.Length - 1, _golden.Images.Length);
        Assert.Equal(_images.Length, response.Results.Count);
        for (var i = 0; i < _images.Length; i++)
            Compare(_golden.Images[_images[i]], _golden.ImageEmbeddings[_images[i]], response.Results[i]);
    }

    public async Task CheckTextsAsync()
    {
        var request = new EmbedRequest { Inputs = { _golden.Texts.Select(Sentence) } };

        var response = await _server.Clip.EmbedAsync(request, Limited(CallLimit));

        Assert.Equal(_golden.Texts.Length, response.Results.Count);
        for (var i = 0; i < _golden.Texts.Length; i++)
        {
            Compare($"\"{_golden.Texts[i]}\"", _golden.TextEmbeddings[i], response.Results[i]);
            var count = (int)response.Results[i].TokenCount;
            Assert.Equal(_golden.TokenIds[i].Length, Math.Min(count, _golden.Config.ContextLength));
            Assert.Equal(count > _golden.Config.ContextLength, response.Results[i].Truncated);
        }
    }

    /// <summary>Through Rank over all texts, and through Classify without the empty one, which is no label.</summary>
    public async Task CheckProbabilitiesAsync()
    {
        var model = await _server.Models.GetModelAsync(new GetModelRequest { Name = "golden" }, Limited(CallLimit));
        Assert.Equal(_golden.LogitScale, model.LogitScale, 1e-3);

        foreach (var i in _images)
        {
            var ranked = await _server.Clip.RankAsync(
                new RankRequest
                {
                    Query = ImageInput(_golden.Images[i]),
                    Candidates = { _golden.Texts.Select(Sentence) },
                },
                Limited(CallLimit));
            Assert.Equal(_golden.Texts.Length, ranked.Ranked.Count);
            foreach (var candidate in ranked.Ranked)
                Assert.Equal(_golden.Probabilities[i][candidate.Index], candidate.Probability, ProbabilityTolerance);
        }

        int[] labels = [.. Enumerable.Range(0, _golden.Texts.Length).Where(t => _golden.Texts[t].Length > 0)];
        var request = new ClassifyRequest
        {
            LabelSet = Labels([.. labels.Select(t => _golden.Texts[t])]),
            TopK = (uint)labels.Length,
        };
        request.Images.AddRange(_images.Select(i => Make.Image(_golden.Images[i])));
        var classified = await _server.Clip.ClassifyAsync(request, Limited(CallLimit));
        Assert.Equal(_images.Length, classified.Results.Count);
        for (var i = 0; i < _images.Length; i++)
        {
            var expected = new float[labels.Length];
            TensorPrimitives.SoftMax([.. labels.Select(t => _golden.Logits[_images[i]][t])], expected);
            Assert.Equal(labels.Length, classified.Results[i].Predictions.Count);
            foreach (var prediction in classified.Results[i].Predictions)
                Assert.Equal(expected[prediction.Index], prediction.Probability, ProbabilityTolerance);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>The two layouts of files round the crop in two ways, which for some sizes is another crop.</summary>
    private static bool IsComparable(GoldenModel golden, string image, CropRounding rounding)
    {
        var info = SKBitmap.DecodeBounds(DataPath("images", image));
        ResizePlan Plan(CropRounding other) => ResizePlan.Create(
            info.Width, info.Height, golden.Config.Image with { Rounding = other });
        return Plan(rounding) == Plan(golden.Config.Image.Rounding);
    }

    private void Compare(string what, float[] expected, EmbedResult result)
    {
        var actual = Values(result);
        var difference = LargestDifference(expected, actual);
        var cosine = Cosine(expected, actual);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{what}: largest difference {difference:E2}, cosine {cosine:F7}");
        Assert.True(difference <= _tolerance, $"{what}: largest difference {difference:E2} is above {_tolerance:E0}.");
        Assert.True(cosine >= LeastCosine, $"{what}: the cosine is {cosine:F7}.");
    }
}
