using System.IO.Compression;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Http;
using ClipGrpc.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static ClipGrpc.FunctionalTests.Server.RawGrpcClient;
using static ClipGrpc.TestSupport.Make;
using RpcStatus = Google.Rpc.Status;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>What failed calls and items tell programs: reason, field, retry and request id.</summary>
public sealed class ErrorDetailsTests(DemoServer demo)
{
    private const string RequestId = "x-request-id";
    private const int TooLarge = 34 * 1024 * 1024;

    private static readonly byte[] NoImage = [1, 2, 3];

    public static TheoryData<string, string?, string> BadCalls => new()
    {
        { "no inputs", "inputs", "MISSING_FIELD" },
        { "too many inputs", "inputs", "TOO_MANY_ELEMENTS" },
        { "unknown encoding", "options.encoding", "UNKNOWN_ENUM_VALUE" },
        { "unknown model", null, "MODEL_NOT_FOUND" },
        { "lost label set", null, "LABEL_SET_NOT_FOUND" },
        { "no labels", "label_set", "MISSING_FIELD" },
        { "duplicate label", "label_set.labels[1]", "DUPLICATE_LABEL" },
        { "wrong template", "label_set.templates[0]", "INVALID_TEMPLATE" },
        { "bad query", "query.image", "UNSUPPORTED_IMAGE" },
        { "no model source", null, "MODEL_SOURCE_NOT_FOUND" },
        { "unknown service", null, "SERVICE_NOT_FOUND" },
        { "model in use", "name", "MODEL_EXISTS" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(BadCalls))]
    public async Task Call_Fails_SaysWhyAndWhere(string name, string? field, string reason)
    {
        var options = Limited().WithHeaders(new Metadata { { RequestId, "from the caller 7" } });

        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(name, options));

        var status = error.GetRpcStatus()!;
        Assert.Equal(("clipgrpc", reason), (InfoOf(status).Domain, InfoOf(status).Reason));
        Assert.Equal(field, status.GetDetail<BadRequest>()?.FieldViolations.Single().Field);
        if (field is not null)
        {
            var description = status.GetDetail<BadRequest>().FieldViolations[0].Description;
            Assert.Equal(error.Status.Detail, $"{field}: {description}");
        }

        Assert.Equal("from the caller 7", status.GetDetail<RequestInfo>().RequestId);
        Assert.Equal("from the caller 7", error.Trailers.GetValue(RequestId));
        Assert.Null(status.GetDetail<RetryInfo>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Items_Fail_HaveTheSamePathsInUnaryCallsAndStreams()
    {
        Input[] inputs = [new(), new Input { Image = Image(NoImage) }, Format(), Sentence(new string('a', 20_000))];
        string[] paths = ["", ".image", ".image.raw.format", ".text"];
        string[] reasons = ["MISSING_FIELD", "UNSUPPORTED_IMAGE", "MISSING_FIELD", "TEXT_TOO_LONG"];
        var unary = await demo.Clip.EmbedAsync(new EmbedRequest { Inputs = { inputs } }, Limited());
        var ranked = await demo.Clip.RankAsync(
            new RankRequest { Query = Sentence("a"), Candidates = { inputs } }, Limited());
        for (var i = 0; i < inputs.Length; i++)
        {
            AssertItem(unary.Results[i].Error, $"inputs[{i}]{paths[i]}", reasons[i]);
            AssertItem(ranked.Errors[i].Error, $"candidates[{i}]{paths[i]}", reasons[i]);
            AssertItem(await StreamErrorAsync(inputs[i]), $"input{paths[i]}", reasons[i]);
        }

        Assert.Equal(
            ("16384", "20000"),
            (InfoOf(unary.Results[3].Error).Metadata["limit"], InfoOf(unary.Results[3].Error).Metadata["value"]));
        var classified = await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image(NoImage) }, LabelSet = Labels("a") }, Limited());
        AssertItem(classified.Results[0].Error, "images[0]", "UNSUPPORTED_IMAGE");
        AssertItem(await FrameErrorAsync(Image(NoImage)), "frame.image", "UNSUPPORTED_IMAGE");
    }

    /// <summary>34 MB, which is more than the largest message and more than Kestrel's limit of a body.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("Embed", "with its length")]
    [InlineData("Embed", "without its length")]
    [InlineData("Embed", "compressed")]
    [InlineData("EmbedStream", "with its length")]
    [InlineData("EmbedStream", "without its length")]
    [InlineData("EmbedStream", "compressed")]
    public async Task Call_MessageOverTheLimit_IsResourceExhaustedWithoutARetry(string rpc, string form)
    {
        using var raw = new RawGrpcClient(demo.Server.GrpcAddress);
        var message = new byte[TooLarge];
        HttpContent body = form switch
        {
            "with its length" => new ByteArrayContent(Frame(message)),
            "without its length" => new ChunkedContent(Frame(message)),
            _ => new ByteArrayContent(Frame(Gzip(message), flag: 1)),
        };

        var (error, id) = await raw.SendAsync(
            $"clipgrpc.v1.ClipService/{rpc}", body, TestContext.Current.CancellationToken,
            form == "compressed" ? [("grpc-encoding", "gzip")] : []);

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        var status = error.GetRpcStatus()!;
        Assert.Equal("MESSAGE_TOO_LARGE", InfoOf(status).Reason);
        Assert.Equal($"{32 << 20}", InfoOf(status).Metadata["limit"]);
        Assert.Null(status.GetDetail<RetryInfo>());
        Assert.Equal("-1", error.Trailers.GetValue("grpc-retry-pushback-ms"));
        Assert.Equal(id, status.GetDetail<RequestInfo>().RequestId);
    }

    /// <summary>The framework's own timer ends the call; callers that have one themselves do not wait for it.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("Embed")]
    [InlineData("EmbedStream")]
    public async Task Call_DeadlinePasses_SaysSo(string rpc)
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();
        using var raw = new RawGrpcClient(server.Server.GrpcAddress);
        IMessage message = rpc == "Embed"
            ? new EmbedRequest { Inputs = { Sentence("held") } }
            : new EmbedStreamRequest { Input = Sentence("held") };

        var (error, id) = await raw.SendAsync(
            $"clipgrpc.v1.ClipService/{rpc}", new ByteArrayContent(Frame(message.ToByteArray())),
            TestContext.Current.CancellationToken, ("grpc-timeout", "100m"), (RequestId, "8"));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal("DEADLINE_PASSED", InfoOf(error.GetRpcStatus()!).Reason);
        Assert.Equal("8", error.GetRpcStatus()!.GetDetail<RequestInfo>().RequestId);
        Assert.Equal("8", id);
        server.Encoders.Open();
        Assert.Single((await held).Results);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("clipgrpc.v1.ClipService/Nothing")]
    [InlineData("clipgrpc.v9.ClipService/Embed")]
    public async Task Call_UnknownMethod_IsUnimplementedWithItsReason(string method)
    {
        using var raw = new RawGrpcClient(demo.Server.GrpcAddress);

        var (error, id) = await raw.SendAsync(
            method, new ByteArrayContent(Frame([])), TestContext.Current.CancellationToken, (RequestId, "7"));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
        Assert.Equal("METHOD_NOT_FOUND", InfoOf(error.GetRpcStatus()!).Reason);
        Assert.Equal("7", id);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("line\tfeed")]
    [InlineData("128 and one more")]
    public async Task Call_RequestIdThatIsNotValid_GetsOneOfTheServer(string id)
    {
        using var raw = new RawGrpcClient(demo.Server.GrpcAddress);
        var sent = id.StartsWith("128", StringComparison.Ordinal) ? new string('x', 129) : id;

        var (error, received) = await raw.SendAsync(
            "clipgrpc.v1.ClipService/Embed", new ByteArrayContent(Frame([])), TestContext.Current.CancellationToken,
            (RequestId, sent));

        Assert.NotEqual(sent, received);
        Assert.False(string.IsNullOrEmpty(received));
        Assert.Equal(received, error.GetRpcStatus()!.GetDetail<RequestInfo>().RequestId);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_Succeeds_EchoesTheRequestIdAndMakesNone()
    {
        var request = new EmbedRequest { Inputs = { Sentence("a cat") } };
        using var with = demo.Clip.EmbedAsync(
            request, Limited().WithHeaders(new Metadata { { RequestId, "abc" } }));
        using var without = demo.Clip.EmbedAsync(request, Limited());

        Assert.Equal("abc", (await with.ResponseHeadersAsync).GetValue(RequestId));
        Assert.Null((await without.ResponseHeadersAsync).GetValue(RequestId));
        await Task.WhenAll(with.ResponseAsync, without.ResponseAsync);
        Assert.Null(without.GetTrailers().GetValue(RequestId));
        Assert.Null(with.GetTrailers().GetValue("grpc-status-details-bin"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_Refused_LogsTheRequestId()
    {
        var log = new LogRecorder();
        using var credentials = new TestCredentials();
        await using var server = await RunningServer.StartAsync(
            new(credentials.AccessSettings) { ["Logging:LogLevel:Default"] = "Debug" },
            builder => builder.Services.AddSingleton<ILoggerProvider>(log));
        log.Clear();
        var options = Limited().WithHeaders(new Metadata { { RequestId, "seen-in-the-log" } });

        var error = await Assert.ThrowsAsync<RpcException>(
            () => server.Clip.EmbedAsync(new EmbedRequest(), options).ResponseAsync);

        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        var status = error.GetRpcStatus()!;
        Assert.Equal("CREDENTIALS_MISSING", InfoOf(status).Reason);
        Assert.Equal("seen-in-the-log", status.GetDetail<RequestInfo>().RequestId);
        Assert.Contains(log.Records, record => record.Text.Contains("seen-in-the-log", StringComparison.Ordinal));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/v1/embeddings", """{"input":"a","model":"none"}""", "MODEL_NOT_FOUND")]
    [InlineData("/v1/embeddings", """{"input":[]}""", "MISSING_FIELD")]
    [InlineData("/embed", "{", "MALFORMED_REQUEST")]
    [InlineData("/vectorize", """{"texts":5}""", "INVALID_FIELD")]
    public async Task HttpCall_Fails_HasTheReasonAndTheRequestIdInItsHeaders(
        string path, string json, string reason)
    {
        var response = await JsonResponse.PostAsync(demo.Server.Http, path, json, (RequestId, "over-http"));

        Assert.Equal(reason, Assert.Single(response.Headers.GetValues("x-error-reason")));
        Assert.Equal("over-http", Assert.Single(response.Headers.GetValues(RequestId)));
        Assert.InRange(response.Code, 400, 499);
    }

    private static ErrorInfo InfoOf(RpcStatus status) => status.GetDetail<ErrorInfo>();

    private static void AssertItem(RpcStatus status, string field, string reason)
    {
        Assert.Equal((int)Code.InvalidArgument, status.Code);
        Assert.Equal(reason, InfoOf(status).Reason);
        var violation = status.GetDetail<BadRequest>().FieldViolations.Single();
        Assert.Equal(field, violation.Field);
        Assert.Equal(status.Message, $"{field}: {violation.Description}");
    }

    private static Input Format() =>
        new() { Image = new Image { Raw = new RawImage { Width = 1, Height = 1, Data = ByteString.CopyFrom(1) } } };

    private static byte[] Gzip(byte[] message)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
            gzip.Write(message);
        return buffer.ToArray();
    }

    private Task CallAsync(string name, CallOptions options) => name switch
    {
        "no inputs" => demo.Clip.EmbedAsync(new EmbedRequest(), options).ResponseAsync,
        "too many inputs" => demo.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { Enumerable.Repeat(Sentence("a"), 300) } }, options).ResponseAsync,
        "unknown encoding" => demo.Clip.EmbedAsync(
            new EmbedRequest { Options = new EmbedOptions { Encoding = (EmbeddingEncoding)9 } }, options).ResponseAsync,
        "unknown model" => demo.Clip.EmbedAsync(new EmbedRequest { Model = "none" }, options).ResponseAsync,
        "lost label set" => demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSetId = "none" }, options).ResponseAsync,
        "no labels" => demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") } }, options).ResponseAsync,
        "duplicate label" => demo.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = Labels("cat", "cat") }, options).ResponseAsync,
        "wrong template" => demo.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = new LabelSet { Labels = { "a" }, Templates = { "b" } } },
            options).ResponseAsync,
        "bad query" => demo.Clip.RankAsync(
            new RankRequest { Query = new Input { Image = Image(NoImage) }, Candidates = { Sentence("a") } },
            options).ResponseAsync,
        "no model source" => demo.Models.LoadModelAsync(
            new LoadModelRequest { Source = "./no-such-folder" }, options).ResponseAsync,
        "model in use" => demo.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo" }, options).ResponseAsync,
        "unknown service" => new Health.HealthClient(demo.Server.Channel).CheckAsync(
            new HealthCheckRequest { Service = "none" }, options).ResponseAsync,
        _ => throw new ArgumentException(name, nameof(name)),
    };

    private async Task<RpcStatus> StreamErrorAsync(Input input)
    {
        using var call = demo.Clip.EmbedStream(Limited());
        await call.RequestStream.WriteAsync(new EmbedStreamRequest { Input = input });
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current.Result.Error;
    }

    private async Task<RpcStatus> FrameErrorAsync(Image image)
    {
        using var call = demo.Clip.ClassifyStream(Limited());
        await call.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSet = Labels("a") } });
        await call.RequestStream.WriteAsync(new ClassifyStreamRequest { Frame = new Frame { Image = image } });
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current.Error;
    }

    /// <summary>A body whose length is not known before it is sent.</summary>
    private sealed class ChunkedContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
