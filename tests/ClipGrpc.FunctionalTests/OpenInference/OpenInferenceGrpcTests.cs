using System.Runtime.InteropServices;
using System.Text;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Http;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.OpenInference;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using static ClipGrpc.FunctionalTests.OpenInference.OpenInferenceRequests;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.OpenInference;

/// <summary>The Open Inference Protocol over gRPC.</summary>
public sealed class OpenInferenceGrpcTests(UnbatchedServer demo) : IClassFixture<UnbatchedServer>
{
    private static readonly byte[] Cat = File.ReadAllBytes(DataPath("images", "cat.jpg"));

    private GRPCInferenceService.GRPCInferenceServiceClient Client => new(demo.Server.Channel);

    [Fact(Timeout = 60_000)]
    public async Task Infer_ImagesAndTexts_EqualEmbedToTheBit()
    {
        var response = await InferAsync(
            Request(("images", "BYTES", [2, 1], Elements(Cat, Png(40, 30, new SkiaSharp.SKColor(9, 99, 199)))),
                ("texts", "BYTES", [2], Texts("a red bicycle", ""))));

        var expected = await EmbedAsync(
            ImageInput("cat.jpg"),
            new Input { Image = Image(Png(40, 30, new SkiaSharp.SKColor(9, 99, 199))) },
            Sentence("a red bicycle"), Sentence(""));
        Assert.Equal(expected[..2], Rows(response, "image_embeds"));
        Assert.Equal(expected[2..], Rows(response, "text_embeds"));
        Assert.Equal(
            ["image_embeds", "text_embeds", "logits_per_image", "probs"],
            response.Outputs.Select(output => output.Name));
        Assert.Equal(("demo", "1"), (response.ModelName, response.ModelVersion));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_RawTexts_AreAsInTheSpecification()
    {
        Assert.Equal(
            "0d00000061207265642062696379636c6500000000", Convert.ToHexStringLower(Texts("a red bicycle", "")));

        var response = await InferAsync(Request(
            ("texts", "BYTES", [2], Convert.FromHexString("0d00000061207265642062696379636c6500000000"))));

        Assert.Equal(
            await EmbedAsync(Sentence("a red bicycle"), Sentence("")), Rows(response, "text_embeds"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_Contents_EqualRawContents()
    {
        var request = new ModelInferRequest
        {
            ModelName = "demo",
            Id = "42",
            Inputs = { Tensor("texts", "BYTES", 2), Tensor("frames", "UINT8", 1, 2, 2, 3) },
        };
        request.Inputs[0].Contents = new InferTensorContents
        {
            BytesContents = { ByteString.CopyFromUtf8("a dog"), ByteString.CopyFromUtf8("a cat") },
        };
        request.Inputs[1].Contents = new InferTensorContents { UintContents = { Enumerable.Repeat(200u, 12) } };

        var response = await InferAsync(request);

        Assert.Equal("42", response.Id);
        Assert.Equal(await EmbedAsync(Sentence("a dog"), Sentence("a cat")), Rows(response, "text_embeds"));
        Assert.Equal(
            await EmbedAsync(new Input { Image = Raw(2, 2, 200, 200, 200) }), Rows(response, "image_embeds"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_Frames_EqualRawImages()
    {
        var pixels = new byte[2 * 20 * 30 * 3];
        new Random(1).NextBytes(pixels);

        var response = await InferAsync(Request(("frames", "UINT8", [2, 20, 30, 3], pixels)));

        var expected = await EmbedAsync([.. pixels.Chunk(pixels.Length / 2).Select(frame => new Input
        {
            Image = new Image
            {
                Raw = new RawImage
                {
                    Width = 30,
                    Height = 20,
                    Format = PixelFormat.Rgb24,
                    Data = ByteString.CopyFrom(frame),
                },
            },
        })]);
        Assert.Equal(expected, Rows(response, "image_embeds"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("INT64")]
    [InlineData("INT32")]
    public async Task Infer_InputIds_EqualTheirTexts(string datatype)
    {
        var tokenizer = ClipTokenizer.Load(Path.Combine(AppContext.BaseDirectory, "models", "demo"), 32, 8192);
        var rows = new[] { "a cat", "a photo of a red bicycle" }.Select(text => tokenizer.Tokenize(text).Ids);

        // Padded with the end token and with zeros, as the tokenizers of different libraries do.
        var padded = rows.SelectMany((ids, i) => ids.Concat(Enumerable.Repeat(i == 0 ? ids[^1] : 0, 77 - ids.Length)))
            .ToArray();
        var raw = datatype == "INT32"
            ? MemoryMarshal.AsBytes(padded.AsSpan())
            : MemoryMarshal.AsBytes(Array.ConvertAll(padded, id => (long)id).AsSpan());
        var response = await InferAsync(Request(
            ("input_ids", datatype, [2, 77], raw.ToArray()), ("attention_mask", datatype, [2, 77], raw.ToArray())));

        Assert.Equal(
            await EmbedAsync(Sentence("a cat"), Sentence("a photo of a red bicycle")),
            Rows(response, "text_embeds"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_LabelsAndTemplates_EqualClassify()
    {
        string[] labels = ["cat", "dog", "bicycle"];
        string[] templates = ["a photo of a {}", "{}"];
        var response = await InferAsync(Request(
            ("images", "BYTES", [1], Elements(Cat)),
            ("labels", "BYTES", [1, 3], Texts(labels)),
            ("templates", "BYTES", [2, 1], Texts(templates))));

        var expected = await demo.Clip.ClassifyAsync(
            new ClassifyRequest
            {
                Images = { Image(Cat) },
                LabelSet = new LabelSet { Labels = { labels }, Templates = { templates } },
            },
            Limited());
        var predictions = expected.Results[0].Predictions.OrderBy(prediction => prediction.Index).ToList();
        var scale = (await demo.Server.Models.GetModelAsync(new GetModelRequest(), Limited())).LogitScale;
        Assert.Equal(predictions.Select(prediction => prediction.Probability), Rows(response, "probs")[0]);
        Assert.Equal(
            predictions.Select(prediction => prediction.Cosine * scale), Rows(response, "logits_per_image")[0]);
        Assert.Equal(["image_embeds", "logits_per_image", "probs"], response.Outputs.Select(output => output.Name));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_Classification_NamesTheLargestValues()
    {
        var request = Request(
            ("images", "BYTES", [1], Elements(Cat)), ("labels", "BYTES", [3], Texts("dog", "cat", "bicycle")))
            .Naming("probs", "image_embeds");
        request.Outputs[0].Parameters.Add("classification", new InferParameter { Int64Param = 2 });
        request.Outputs[1].Parameters.Add("classification", new InferParameter { Int64Param = 1_000_000 });

        var response = await InferAsync(request);

        var probabilities = Rows(await InferAsync(Request(
            ("images", "BYTES", [1], Elements(Cat)), ("labels", "BYTES", [3], Texts("dog", "cat", "bicycle")))),
            "probs")[0];
        var best = Enumerable.Range(0, 3).OrderByDescending(i => probabilities[i]).Take(2).ToArray();
        Assert.Equal(("BYTES", 1, 2), (
            response.Outputs[0].Datatype, (int)response.Outputs[0].Shape[0], (int)response.Outputs[0].Shape[1]));
        Assert.Equal(
            best.Select(i => FormattableString.Invariant(
                $"{probabilities[i]}:{i}:{new[] { "dog", "cat", "bicycle" }[i]}")),
            ReadElements(response.RawOutputContents[0].ToByteArray()).Select(Encoding.UTF8.GetString));
        Assert.Equal(128, ReadElements(response.RawOutputContents[1].ToByteArray()).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_Parameters_AreThoseOfEmbed()
    {
        var texts = ("texts", "BYTES", new long[] { 1 }, Texts("a cat"));
        var halves = await InferAsync(
            Request(texts).With("embed_dtype", new InferParameter { StringParam = "FP16" }));
        var longer = await InferAsync(Request(texts).With("normalize", new InferParameter { BoolParam = false }));

        var request = new EmbedRequest
        {
            Inputs = { Sentence("a cat") },
            Options = new EmbedOptions { Encoding = EmbeddingEncoding.Float16 },
        };
        var expected = await demo.Clip.EmbedAsync(request, Limited());
        Assert.Equal("FP16", halves.Outputs[0].Datatype);
        Assert.Equal(expected.Results[0].Embedding.ValuesFloat16, halves.RawOutputContents[0]);
        request.Options = new EmbedOptions { Normalize = false };
        Assert.Equal(
            Values((await demo.Clip.EmbedAsync(request, Limited())).Results[0]), Rows(longer, "text_embeds")[0]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_NamedOutputs_AreThoseThatTheInputsAllow()
    {
        var texts = ("texts", "BYTES", new long[] { 1 }, Texts("a cat"));
        var response = await InferAsync(Request(texts).Naming("probs", "text_embeds", "image_embeds"));
        Assert.Equal("text_embeds", Assert.Single(response.Outputs).Name);
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_MoreThanTheEngineTakesAtOnce_IsEmbeddedPartByPart()
    {
        var names = Enumerable.Range(0, 600).Select(i => $"number {i}").ToArray();
        var response = await InferAsync(Request(("texts", "BYTES", [600], Texts(names))));
        var rows = Rows(response, "text_embeds");
        Assert.Equal(600, rows.Length);
        Assert.Equal((await EmbedAsync(Sentence("number 599")))[0], rows[599]);
    }

    public static TheoryData<string, string, long[], byte[], string> BadTensors => new()
    {
        { "nope", "BYTES", [1], Texts("a"), "inputs[0].name: \"nope\" is not an input" },
        { "pixel_values", "FP32", [1], new byte[4], "send images, or frames" },
        { "texts", "FP32", [1], new byte[4], "inputs[0].datatype: \"FP32\" is not the datatype of texts; it is BYTES" },
        { "texts", "", [1], Texts("a"), "inputs[0].datatype" },
        { "texts", "BYTES", [], Texts("a"), "inputs[0].shape: [] is not a shape of texts" },
        { "texts", "BYTES", [1, 2], Texts("a", "b"), "inputs[0].shape: [1,2]" },
        { "texts", "BYTES", [1, 1, 1], Texts("a"), "inputs[0].shape: [1,1,1]" },
        { "texts", "BYTES", [0], [], "has the size 0" },
        { "texts", "BYTES", [-1], Texts("a"), "has the size -1" },
        { "texts", "BYTES", [long.MinValue], Texts("a"), "has the size" },
        { "texts", "BYTES", [long.MaxValue], Texts("a"), "The tensor is larger than any message" },
        { "texts", "BYTES", [2049], Texts("a"), "There are 2,049 texts; the maximum per call is 2,048" },
        { "texts", "BYTES", [2], Texts("a"), "it ends in the length of element 1" },
        { "texts", "BYTES", [1], Texts("a", "b"), "5 bytes are left over" },
        { "texts", "BYTES", [1], [255, 255, 255, 255, 1], "has a length of 4,294,967,295 bytes, and 1 follow" },
        { "texts", "BYTES", [1], [1, 0, 0], "it ends in the length of element 0" },
        { "texts", "BYTES", [1], [1, 0, 0, 0, 0xff], "texts[0]: The text is not valid UTF-8" },
        { "images", "BYTES", [1], Texts("no image"), "images[0]: " },
        { "images", "BYTES", [1], new byte[4], "images[0]: The image has no bytes" },
        { "frames", "UINT8", [1, 2, 2, 3], new byte[11], "its shape states 12 of UINT8" },
        { "frames", "UINT8", [1, 2, 2, 4], new byte[16], "inputs[0].shape" },
        { "frames", "UINT8", [1, 100_000, 1, 3], new byte[300_000], "frames[0]: " },
        { "frames", "UINT8", [1, 1L << 40, 1L << 40, 3], new byte[8], "The tensor is larger than any message" },
        { "frames", "UINT8", [1, 1L << 32, 1, 3], new byte[8], "The tensor is larger than any message" },
        { "input_ids", "INT64", [1, 1L << 31], new byte[8], "The tensor is larger than any message" },
        { "input_ids", "INT64", [1, 2], new byte[8], "its shape states 16 of INT64" },
        { "input_ids", "INT64", [1, 1], new byte[8], "input_ids[0]: The text does not begin with the start token" },
        { "input_ids", "INT32", [1, 1], [255, 255, 255, 255], "input_ids[0][0]: -1 is not a token id" },
        { "input_ids", "INT64", [1, 1], [0, 0, 0, 0, 1, 0, 0, 0], "4294967296 is not a token id" },
        { "labels", "BYTES", [1], Texts("a"), "There is no input to embed" },
        { "attention_mask", "INT64", [1, 1], new byte[8], "There is no input to embed" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(BadTensors))]
    public async Task Infer_BadTensor_IsInvalidArgument(
        string name, string datatype, long[] shape, byte[] raw, string message) =>
        await AssertInvalidAsync(Request((name, datatype, shape, raw)), message);

    [Fact(Timeout = 60_000)]
    public async Task Infer_RequestThatDoesNotFit_IsInvalidArgument()
    {
        var text = ("texts", "BYTES", new long[] { 1 }, Texts("a"));
        var image = ("images", "BYTES", new long[] { 1 }, Elements(Cat));
        var ids = ("input_ids", "INT64", new long[] { 1, 1 }, new byte[8]);

        await AssertInvalidAsync(new ModelInferRequest { ModelName = "demo" }, "There is no input to embed");
        await AssertInvalidAsync(Request(text, text), "inputs[1]: Duplicate input");
        await AssertInvalidAsync(Request(text, ids), "The request has both texts and input_ids");
        await AssertInvalidAsync(
            Request(text, ("labels", "BYTES", [1], Texts("a"))), "Labels require images or frames, which are missing");
        await AssertInvalidAsync(
            Request(image, ("templates", "BYTES", [1], Texts("{}"))), "Templates require labels, which are missing");
        await AssertInvalidAsync(
            Request(image, ("labels", "BYTES", [2], Texts("a", "a"))), "labels[1]: duplicate of labels[0]");
        await AssertInvalidAsync(
            Request(image, ("labels", "BYTES", [1], Texts("a")), ("templates", "BYTES", [1], Texts("no place"))),
            "templates[0]: ");
        await AssertInvalidAsync(Request(text).Naming("nope"), "outputs[0].name: \"nope\" is not an output");
        await AssertInvalidAsync(Request(text).Naming("text_embeds", "text_embeds"), "Duplicate of text_embeds");
        await AssertInvalidAsync(Request(text).Naming("probs"), "probs requires images or frames among the inputs");
        await AssertInvalidAsync(Request(image).Naming("probs"), "probs requires labels, texts or input_ids");

        var missing = Request(text, image);
        missing.RawInputContents.RemoveAt(0);
        await AssertInvalidAsync(missing, "raw_input_contents: There are 1 for 2 inputs");
        var both = Request(text);
        both.Inputs[0].Contents = new InferTensorContents();
        await AssertInvalidAsync(both, "inputs[0].contents: The content is already in raw_input_contents");
        var neither = Request(text);
        neither.RawInputContents.Clear();
        await AssertInvalidAsync(neither, "contents.bytes_contents: The number of elements is 0; the shape states 1");
        var large = new ModelInferRequest { ModelName = "demo", Inputs = { Tensor("frames", "UINT8", 1, 1, 1, 3) } };
        large.Inputs[0].Contents = new InferTensorContents { UintContents = { 1, 2, 256 } };
        await AssertInvalidAsync(large, "contents.uint_contents[2]: ");
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_WrongParameter_IsInvalidArgument()
    {
        var text = ("texts", "BYTES", new long[] { 1 }, Texts("a"));
        foreach (var (name, value, message) in new (string, InferParameter, string)[]
        {
            ("normalize", new InferParameter { StringParam = "yes" }, "parameters.normalize: It must be true or false"),
            ("truncate", new InferParameter { Int64Param = 1 }, "parameters.truncate: "),
            ("embed_dtype", new InferParameter { StringParam = "FP8" }, "use FP32 or FP16"),
            ("priority", new InferParameter { Int64Param = -1 }, "parameters.priority: "),
            ("timeout", new InferParameter { DoubleParam = double.NaN }, "parameters.timeout: "),
        })
        {
            await AssertInvalidAsync(Request(text).With(name, value), message);
        }

        var request = Request(text).Naming("text_embeds");
        request.Outputs[0].Parameters.Add("classification", new InferParameter { Int64Param = 0 });
        await AssertInvalidAsync(request, "outputs[0].parameters.classification: It must be an integer of at least 1");
        await AssertInvalidAsync(
            Request(("texts", "BYTES", [1], Texts(string.Concat(Enumerable.Repeat("a dog and ", 60)))))
                .With("truncate", new InferParameter { BoolParam = false }),
            "texts[0]: The text has");
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_PriorityTimeoutAndUnknownParameters_AreAccepted()
    {
        var response = await InferAsync(Request(("texts", "BYTES", [1], Texts("a cat")))
            .With("priority", new InferParameter { Uint64Param = ulong.MaxValue })
            .With("timeout", new InferParameter { Uint64Param = ulong.MaxValue })
            .With("sequence_id", new InferParameter { Int64Param = 7 }));

        Assert.Single(Rows(response, "text_embeds"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_ResponseLargerThanAMessage_IsRefusedBeforeTheWork()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Server:MaxMessageBytes"] = "65536" });
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);
        var names = Enumerable.Range(0, 200).Select(i => $"{i}").ToArray();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(
            Request(("texts", "BYTES", [200], Texts(names))), Limited()));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("outputs: The response can have 102,400 bytes", error.Status.Detail);
        var statistics = await client.ModelStatisticsAsync(new ModelStatisticsRequest(), Limited());
        Assert.Equal((0ul, 1ul), (
            statistics.ModelStats[0].InferenceCount, statistics.ModelStats[0].InferenceStats.Fail.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_TimeoutOfTheRequest_IsItsDeadline()
    {
        await using var server = await GatedServer.StartAsync([]);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Server.Channel);
        server.Encoders.Close();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(
            Request(("texts", "BYTES", [1], Texts("waits")))
                .With("timeout", new InferParameter { Int64Param = 1 }),
            Limited()));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        server.Encoders.Open();
    }

    [Fact(Timeout = 60_000)]
    public async Task Stream_Requests_AreAnsweredInOrderAndErrorsAreResponses()
    {
        using var call = Client.ModelStreamInfer(Limited());
        for (var i = 0; i < 20; i++)
        {
            var request = Request(("texts", "BYTES", [1], Texts($"number {i}")));
            request.Id = $"{i}";
            request.ModelName = i == 7 ? "nope" : "demo";
            await call.RequestStream.WriteAsync(request);
        }

        await call.RequestStream.CompleteAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            var response = call.ResponseStream.Current;
            Assert.Equal($"{i}", response.InferResponse.Id);
            if (i == 7)
            {
                Assert.StartsWith("Request for unknown model: 'nope' is not found.", response.ErrorMessage);
                continue;
            }

            Assert.Equal("", response.ErrorMessage);
            Assert.Equal(
                await EmbedAsync(Sentence($"number {i}")), Rows(response.InferResponse, "text_embeds"));
        }

        Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task ServerAndModel_Descriptions_HaveWhatClientsNeed()
    {
        Assert.True((await Client.ServerLiveAsync(new ServerLiveRequest(), Limited())).Live);
        Assert.True((await Client.ServerReadyAsync(new ServerReadyRequest(), Limited())).Ready);
        foreach (var (name, version, isReady) in new[]
        {
            ("demo", "", true), ("demo", "1", true), ("demo", "2", false), ("nope", "", false),
        })
        {
            var ready = await Client.ModelReadyAsync(
                new ModelReadyRequest { Name = name, Version = version }, Limited());
            Assert.Equal(isReady, ready.Ready);
        }

        var server = await Client.ServerMetadataAsync(new ServerMetadataRequest(), Limited());
        Assert.Equal("clipgrpc", server.Name);
        Assert.Contains("binary_tensor_data", server.Extensions);

        var model = await Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "demo" }, Limited());
        Assert.Equal(["1"], model.Versions);
        Assert.Equal(
            ["images BYTES -1,1", "frames UINT8 -1,-1,-1,3", "texts BYTES -1,1", "input_ids INT64 -1,-1",
                "labels BYTES -1,1", "templates BYTES -1,1"],
            model.Inputs.Select(Describe));
        Assert.Equal(
            ["image_embeds FP32 -1,128", "text_embeds FP32 -1,128", "logits_per_image FP32 -1,-1", "probs FP32 -1,-1"],
            model.Outputs.Select(Describe));

        var config = (await Client.ModelConfigAsync(new ModelConfigRequest { Name = "demo" }, Limited())).Config;
        Assert.Equal(256, config.MaxBatchSize);
        Assert.NotNull(config.DynamicBatching);
        Assert.All(config.Input, input => Assert.True(input.Optional));
        Assert.Equal(DataType.TypeString, config.Input[0].DataType);
        Assert.Equal([128], config.Output[0].Dims);
    }

    [Fact(Timeout = 60_000)]
    public async Task Statistics_AfterCalls_CountThem()
    {
        await using var server = await RunningServer.StartAsync();
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);
        await client.ModelInferAsync(Request(("texts", "BYTES", [3], Texts("a", "b", "c"))), Limited());
        await Assert.ThrowsAsync<RpcException>(async () =>
            await client.ModelInferAsync(Request(("texts", "BYTES", [3], Texts("a"))), Limited()));

        var statistics = await client.ModelStatisticsAsync(new ModelStatisticsRequest(), Limited());

        var model = Assert.Single(statistics.ModelStats);
        Assert.Equal((3ul, 1ul, 0ul), (
            model.InferenceCount, model.InferenceStats.Success.Count, model.InferenceStats.Fail.Count));
        Assert.InRange(model.ExecutionCount, 1ul, 3ul);
        Assert.True(model.InferenceStats.Success.Ns >= model.InferenceStats.ComputeInfer.Ns);
        Assert.True(model.InferenceStats.ComputeInfer.Ns > 0);
        Assert.True(model.LastInference > 1_700_000_000_000);
    }

    [Fact(Timeout = 60_000)]
    public async Task UnknownModelOrVersion_EveryCall_IsNotFound()
    {
        foreach (var call in new Func<Task>[]
        {
            async () => await Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "nope" }, Limited()),
            async () => await Client.ModelConfigAsync(new ModelConfigRequest { Name = "nope" }, Limited()),
            async () => await Client.ModelStatisticsAsync(new ModelStatisticsRequest { Name = "nope" }, Limited()),
            async () => await InferAsync(new ModelInferRequest { ModelName = "nope" }),
            async () => await Client.RepositoryModelUnloadAsync(
                new RepositoryModelUnloadRequest { ModelName = "nope" }, Limited()),
            async () => await InferAsync(new ModelInferRequest { ModelName = "demo", ModelVersion = "2" }),
        })
        {
            var error = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal(StatusCode.NotFound, error.StatusCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Repository_UnloadAndLoad_InBothSpellings()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Models"] = "one=demo;two=demo" });
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);
        var unloaded = await client.RepositoryModelUnloadAsync(
            new RepositoryModelUnloadRequest { ModelName = "two" }, Limited());
        Assert.Equal(("two", true), (unloaded.ModelName, unloaded.IsUnloaded));
        Assert.Equal(["one READY", "two UNAVAILABLE"], await ListAsync(false));
        Assert.Equal(["one READY"], await ListAsync(true));

        // KServe has the model's name as field 1.
        await client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { RepositoryName = "two" }, Limited());
        await client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "two" }, Limited());
        var third = new RepositoryModelLoadRequest { ModelName = "org/three" };
        third.Parameters.Add("source", new ModelRepositoryParameter { StringParam = "demo" });
        Assert.True((await client.RepositoryModelLoadAsync(third, Limited())).IsLoaded);
        Assert.Equal(["one READY", "org/three READY", "two READY"], await ListAsync(true));

        third.ModelName = "four";
        third.Parameters.Add("config", new ModelRepositoryParameter { StringParam = "{}" });
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.RepositoryModelLoadAsync(third, Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);

        async Task<string[]> ListAsync(bool isReadyOnly) =>
        [
            .. (await client.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = isReadyOnly }, Limited())).Models
                .Select(model => $"{model.Name} {model.State}"),
        ];
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_MoreItemsThanTheRate_IsResourceExhausted()
    {
        using var credentials = new TestCredentials();
        credentials.WriteKeys(TestCredentials.Line("caller", "k", "roles=infer rate=0.001 burst=3"));
        await using var server = await RunningServer.StartAsync(credentials.AccessSettings);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);
        var options = Limited().WithHeaders(new Metadata { { "authorization", "Bearer k" } });

        await client.ModelInferAsync(Request(("texts", "BYTES", [3], Texts("a", "b", "c"))), options);
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.ModelInferAsync(Request(("texts", "BYTES", [1], Texts("d"))), options));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Protocol_SwitchedOff_IsNotThere()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Http:OpenInference"] = "false" });
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.ServerLiveAsync(new ServerLiveRequest(), Limited()));
        using var response = await server.Http.GetAsync("/v2", TestContext.Current.CancellationToken);

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
        Assert.Equal(404, (int)response.StatusCode);
    }

    private static string Describe(ModelMetadataResponse.Types.TensorMetadata tensor) =>
        $"{tensor.Name} {tensor.Datatype} {string.Join(',', tensor.Shape)}";

    private async Task AssertInvalidAsync(ModelInferRequest request, string message)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await InferAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(message, error.Status.Detail);
    }

    private async Task<ModelInferResponse> InferAsync(ModelInferRequest request) =>
        await Client.ModelInferAsync(request, Limited());

    private async Task<float[][]> EmbedAsync(params Input[] inputs)
    {
        var request = new EmbedRequest();
        request.Inputs.AddRange(inputs);
        return [.. (await demo.Clip.EmbedAsync(request, Limited())).Results.Select(Values)];
    }
}
