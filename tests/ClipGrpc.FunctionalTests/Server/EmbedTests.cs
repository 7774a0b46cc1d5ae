using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

public sealed class EmbedTests(DemoServer demo)
{
    private const int Dimensions = 128;

    [Fact(Timeout = 60_000)]
    public async Task Embed_ImagesAndTexts_AnswersInOrder()
    {
        var request = new EmbedRequest
        {
            Inputs = { Sentence("a cat"), ImageInput("cat.jpg"), Sentence("a rocket"), ImageInput("rocket.jpg") },
        };

        var response = await demo.Clip.EmbedAsync(request, Limited());

        Assert.Equal("demo", response.Model.Name);
        Assert.NotEmpty(response.Model.Revision);
        Assert.Equal(4, response.Results.Count);
        Assert.All(response.Results, result => Assert.Equal(Dimensions, Values(result).Length));
        Assert.All(response.Results, result => Assert.Equal(1, Values(result).Sum(v => (double)v * v), 1e-4));
        for (var i = 0; i < 4; i++)
        {
            var alone = await demo.Clip.EmbedAsync(new EmbedRequest { Inputs = { request.Inputs[i] } }, Limited());
            Assert.InRange(LargestDifference(Values(response.Results[i]), Values(alone.Results[0])), 0, 1e-5);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_Always_CarriesTimings()
    {
        var response = await demo.Clip.EmbedAsync(new EmbedRequest { Inputs = { ImageInput("cat.jpg") } }, Limited());

        Assert.InRange(response.Timings.BatchSize, 1u, 1024u);
        Assert.True(response.Timings.PreprocessUs > 0);
        Assert.True(response.Timings.InferenceUs > 0);
        Assert.True(response.Timings.TotalUs >= response.Timings.InferenceUs);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_NotNormalized_HasTheModelsOwnNorm()
    {
        var request = new EmbedRequest { Inputs = { ImageInput("cat.jpg"), Sentence("a cat") } };
        var unit = await demo.Clip.EmbedAsync(request, Limited());
        request.Options = new EmbedOptions { Normalize = false };

        var raw = await demo.Clip.EmbedAsync(request, Limited());

        for (var i = 0; i < 2; i++)
        {
            var norm = Math.Sqrt(Values(raw.Results[i]).Sum(v => (double)v * v));
            Assert.True(Math.Abs(norm - 1) > 1e-2, $"norm {norm}");
            Assert.Equal(1, Cosine(Values(raw.Results[i]), Values(unit.Results[i])), 1e-6);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_Float16_IsTheRoundedVector()
    {
        var request = new EmbedRequest { Inputs = { ImageInput("cat.jpg") } };
        var full = Values((await demo.Clip.EmbedAsync(request, Limited())).Results[0]);
        request.Options = new EmbedOptions { Encoding = EmbeddingEncoding.Float16 };

        var half = (await demo.Clip.EmbedAsync(request, Limited())).Results[0].Embedding;

        Assert.Empty(half.Values);
        var values = MemoryMarshal.Cast<byte, Half>(half.ValuesFloat16.Span).ToArray().Select(v => (float)v).ToArray();
        Assert.InRange(LargestDifference(full, values), 0, 1e-3);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_BadInputsAmongGoodOnes_FailAlone()
    {
        var request = new EmbedRequest
        {
            Inputs =
            {
                ImageInput("cat.jpg"),
                new Input { Image = Image([]) },
                new Input { Image = Image([1, 2, 3, 4, 5]) },
                new Input(),
                new Input { Image = new Image() },
                Sentence(new string('x', 100_000)),
                Sentence("a cat"),
            },
        };

        var response = await demo.Clip.EmbedAsync(request, Limited());

        Assert.Equal(
            [true, false, false, false, false, false, true],
            response.Results.Select(result => result.OutcomeCase == EmbedResult.OutcomeOneofCase.Embedding));
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal((int)StatusCode.InvalidArgument, response.Results[i].Error.Code);
            Assert.StartsWith($"inputs[{i}]", response.Results[i].Error.Message);
        }

        Assert.Contains("100,000", response.Results[5].Error.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_HugeByItsHeader_IsRefusedWithItsSize()
    {
        // A BMP that claims 30,000 x 30,000 pixels of 24 bits and has none of them.
        var bmp = new byte[54];
        "BM"u8.CopyTo(bmp);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), 30_000);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), 30_000);
        BinaryPrimitives.WriteInt16LittleEndian(bmp.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(bmp.AsSpan(28), 24);

        var response = await demo.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { new Input { Image = Image(bmp) } } }, Limited());

        Assert.Equal((int)StatusCode.InvalidArgument, response.Results[0].Error.Code);
        Assert.Contains("30000 × 30000", response.Results[0].Error.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_SmallAndOddImages_Work()
    {
        var response = await demo.Clip.EmbedAsync(
            new EmbedRequest
            {
                Inputs =
                {
                    ImageInput("one-pixel.png"), ImageInput("stripe-17x400.png"), ImageInput("stripe-600x20.png"),
                    ImageInput("coffee-cmyk.jpg"), ImageInput("cat.gif"), ImageInput("cat.bmp"),
                    ImageInput("coffee.webp"), ImageInput("cat-palette.png"), ImageInput("camera-gray.png"),
                    ImageInput("astronaut-rgba.png"), new Input { Image = Raw(640, 480, 10, 200, 30) },
                },
            },
            Limited());

        Assert.All(response.Results, result => Assert.Equal(Dimensions, Values(result).Length));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_EmptyRequest_IsInvalidNamingTheField()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Clip.EmbedAsync(new EmbedRequest(), Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("inputs:", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_TooManyInputs_IsInvalidWithTheLimit()
    {
        var limits = (await demo.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Limits;
        var request = new EmbedRequest();
        for (var i = 0; i <= limits.MaxInputs; i++)
            request.Inputs.Add(Sentence("x"));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Clip.EmbedAsync(request, Limited()));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains($"at most {limits.MaxInputs:N0}", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_UnknownModel_IsNotFoundListingWhatThereIs()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Clip.EmbedAsync(
                new EmbedRequest { Model = "nope", Inputs = { Sentence("x") } }, Limited()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains("demo", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_UnknownEncoding_IsInvalidNamingTheField()
    {
        var request = new EmbedRequest
        {
            Inputs = { Sentence("x") },
            Options = new EmbedOptions { Encoding = (EmbeddingEncoding)9 },
        };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Clip.EmbedAsync(request, Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("options.encoding:", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_LongText_IsCutOrRefusedAsAsked()
    {
        var text = string.Join(' ', Enumerable.Repeat("cat", 50));
        var request = new EmbedRequest { Inputs = { Sentence(text), Sentence("cat") } };

        var cut = await demo.Clip.EmbedAsync(request, Limited());
        Assert.True(cut.Results[0].Truncated);
        Assert.Equal(52u, cut.Results[0].TokenCount);
        Assert.False(cut.Results[1].Truncated);
        Assert.Equal(3u, cut.Results[1].TokenCount);

        request.Options = new EmbedOptions { LongText = LongText.Reject };
        var refused = await demo.Clip.EmbedAsync(request, Limited());
        Assert.Equal((int)StatusCode.InvalidArgument, refused.Results[0].Error.Code);
        Assert.Contains("52", refused.Results[0].Error.Message);
        Assert.Equal(EmbedResult.OutcomeOneofCase.Embedding, refused.Results[1].OutcomeCase);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_SameTextAgain_ComesFromTheCache()
    {
        var request = new EmbedRequest { Inputs = { Sentence("a text that only this test embeds") } };
        var first = await demo.Clip.EmbedAsync(request, Limited());
        var second = await demo.Clip.EmbedAsync(request, Limited());

        Assert.NotEqual(0u, first.Timings.BatchSize);
        Assert.Equal(0u, second.Timings.BatchSize);
        Assert.Equal(Values(first.Results[0]), Values(second.Results[0]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_AlphaWhite_DiffersFromDropped()
    {
        var request = new EmbedRequest { Inputs = { ImageInput("astronaut-rgba.png") } };
        var dropped = await demo.Clip.EmbedAsync(request, Limited());
        request.Options = new EmbedOptions { Image = new ImageOptions { Alpha = AlphaMode.White } };
        var white = await demo.Clip.EmbedAsync(request, Limited());

        Assert.True(Cosine(Values(dropped.Results[0]), Values(white.Results[0])) < 0.9999);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_DeadlineTooShort_FailsAndTheNextCallWorks()
    {
        var request = new EmbedRequest();
        for (var i = 0; i < 200; i++)
            request.Inputs.Add(ImageInput("rocket.jpg"));

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Clip.EmbedAsync(request, Limited(TimeSpan.FromMilliseconds(40))));

        Assert.Contains(error.StatusCode, new[] { StatusCode.DeadlineExceeded, StatusCode.ResourceExhausted });
        var next = await demo.Clip.EmbedAsync(new EmbedRequest { Inputs = { ImageInput("cat.jpg") } }, Limited());
        Assert.Equal(Dimensions, Values(next.Results[0]).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_MessageOverTheLimit_IsRefusedAndTheNextCallWorks()
    {
        var request = new EmbedRequest { Inputs = { new Input { Image = Image(new byte[33 << 20]) } } };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Clip.EmbedAsync(request, Limited()));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);

        var next = await demo.Clip.EmbedAsync(new EmbedRequest { Inputs = { Sentence("cat") } }, Limited());
        Assert.Single(next.Results);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_64ConcurrentCallers_EachGetTheirOwnAnswer()
    {
        string[] files =
        [
            "cat.jpg", "coffee.jpg", "astronaut.jpg", "rocket.jpg", "camera-gray.jpg", "cat-odd-301x223.png", "cat.gif",
            "coffee.webp",
        ];
        var inputs = Enumerable.Range(0, 64)
            .Select(i => i % 2 == 0 ? ImageInput(files[i / 2 % files.Length]) : Sentence($"image number {i}"))
            .ToArray();
        var alone = new List<float[]>();
        foreach (var input in inputs)
        {
            alone.Add(
                Values((await demo.Clip.EmbedAsync(new EmbedRequest { Inputs = { input } }, Limited())).Results[0]));
        }

        // Another server, so that the cache does not answer for the batcher. All wait at once behind one that is held.
        await using var fresh = await GatedServer.StartAsync();
        var held = await fresh.HoldDeviceAsync();
        var calls = inputs.Select(
            input => fresh.Clip.EmbedAsync(new EmbedRequest { Inputs = { input } }, Limited()).ResponseAsync).ToArray();
        await fresh.Probe.WhenAsync(probe => probe.Waiting == inputs.Length);
        fresh.Encoders.Open();
        await held;
        var together = await Task.WhenAll(calls);

        for (var i = 0; i < inputs.Length; i++)
            Assert.InRange(LargestDifference(alone[i], Values(together[i].Results[0])), 0, 1e-5);
        Assert.Contains(together, response => response.Timings.BatchSize > 1);
    }
}
