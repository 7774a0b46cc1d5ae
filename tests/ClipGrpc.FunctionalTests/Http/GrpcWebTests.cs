using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Serving.Budget;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Web;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>gRPC-Web on the HTTP port: the same calls, roles, limits and errors as on the port of gRPC.</summary>
public sealed class GrpcWebTests(UnbatchedServer demo) : IClassFixture<UnbatchedServer>
{
    [Theory(Timeout = 60_000)]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task Embed_TextsAndALargeImage_EqualsGrpc(GrpcWebMode mode)
    {
        var request = new EmbedRequest
        {
            Inputs = { Sentence("a guitar"), new Input { Image = Raw(1200, 900, 10, 200, 30) } }, // 3 MB
        };
        using var web = new WebChannel(demo.Server, mode);

        var expected = await demo.Clip.EmbedAsync(request, Limited());
        var actual = await web.Clip.EmbedAsync(request, Limited());

        Assert.Equal(expected.Model, actual.Model);
        Assert.Equal(expected.Results, actual.Results);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_AnImage_EqualsGrpc()
    {
        var request = new ClassifyRequest
        {
            Images = { Raw(96, 96, 200, 20, 20) },
            LabelSet = Labels("red", "green"),
        };
        using var web = new WebChannel(demo.Server);

        var response = await web.Clip.ClassifyAsync(request, Limited());

        Assert.Equal((await demo.Clip.ClassifyAsync(request, Limited())).Results, response.Results);
        Assert.True(response.Timings.TotalUs > 0);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task Embed_Errors_AreThoseOfGrpc(GrpcWebMode mode)
    {
        using var web = new WebChannel(demo.Server, mode);
        foreach (var request in new[]
        {
            new EmbedRequest { Model = "nöpe", Inputs = { Sentence("a") } },
            new EmbedRequest(),
            new EmbedRequest { Inputs = { Enumerable.Repeat(Sentence("a"), 1000) } }, // found before it is parsed
        })
        {
            // The details have the id of the request.
            var options = Limited().WithHeaders(new Metadata { { "x-request-id", "compared" } });
            var expected = await Assert.ThrowsAsync<RpcException>(
                () => demo.Clip.EmbedAsync(request, options).ResponseAsync);
            var actual = await Assert.ThrowsAsync<RpcException>(
                () => web.Clip.EmbedAsync(request, options).ResponseAsync);

            Assert.Equal(expected.Status.StatusCode, actual.Status.StatusCode);
            Assert.Equal(expected.Status.Detail, actual.Status.Detail);
            Assert.Equal(expected.GetRpcStatus(), actual.GetRpcStatus());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_MessageOverTheLimit_IsResourceExhausted()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Server:MaxMessageBytes"] = "1048576" });
        using var web = new WebChannel(server);

        var error = await Assert.ThrowsAsync<RpcException>(() => web.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { new Input { Image = Raw(600, 590, 1, 2, 3) } } }, Limited()).ResponseAsync);

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task Embed_Waiting_HoldsMemoryOfTheBudgetUntilItEnds(GrpcWebMode mode)
    {
        await using var server = await GatedServer.StartAsync();
        var budget = server.Server.App.Services.GetRequiredService<MemoryBudget>().Messages;
        using var web = new WebChannel(server.Server, mode);
        var held = await server.HoldDeviceAsync();
        var before = budget.Used;

        var call = web.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { new Input { Image = Raw(600, 560, 1, 2, 3) } } }, Limited()).ResponseAsync;
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);

        Assert.True(budget.Used - before > 1_000_000, $"{budget.Used - before}");
        server.Encoders.Open();
        await call;
        await held;
        await server.Server.WhenCallsAsync("Embed", StatusCode.OK, 2);
        while (budget.Used != 0)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    [Theory(Timeout = 120_000)]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task Embed_DeadlinePasses_IsDeadlineExceededAndCounted(GrpcWebMode mode)
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();

        // By hand: the client would end the call by its own clock before the server does.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/clipgrpc.v1.ClipService/Embed")
        {
            Content = Frame(new EmbedRequest { Inputs = { Sentence("late") } }, mode),
        };
        request.Headers.Add("grpc-timeout", "2S");
        request.Headers.Accept.ParseAdd(request.Content.Headers.ContentType!.MediaType);
        using var response = await server.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var trailers = mode == GrpcWebMode.GrpcWeb ? body : Encoding.UTF8.GetString(Convert.FromBase64String(body));

        var status = response.Headers.TryGetValues("grpc-status", out var values) ? $"grpc-status: {values.Single()}"
            : trailers;
        Assert.Matches("grpc-status: ?4\\b", status);
        server.Encoders.Open();
        await held;
        await server.Server.WhenCallsAsync("Embed", StatusCode.DeadlineExceeded, 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_Credentials_AreThoseOfGrpc()
    {
        using var credentials = new TestCredentials();
        await using var server = await RunningServer.StartAsync(credentials.AccessSettings);
        using var web = new WebChannel(server);

        Assert.Equal(StatusCode.Unauthenticated, await EmbedAsync(null));
        Assert.Equal(StatusCode.Unauthenticated, await EmbedAsync("wrong"));
        Assert.Equal(StatusCode.PermissionDenied, await EmbedAsync(TestCredentials.MetricsKey));
        Assert.Equal(StatusCode.OK, await EmbedAsync(TestCredentials.InferKey));
        var load = await Assert.ThrowsAsync<RpcException>(() => web.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "other" }, Key(TestCredentials.InferKey)).ResponseAsync);
        Assert.Equal(StatusCode.PermissionDenied, load.StatusCode);

        async Task<StatusCode> EmbedAsync(string? key)
        {
            try
            {
                await web.Clip.EmbedAsync(new EmbedRequest { Inputs = { Sentence("a") } }, Key(key));
                return StatusCode.OK;
            }
            catch (RpcException exception)
            {
                return exception.StatusCode;
            }
        }

        static Metadata Key(string? key) => key is null ? [] : new Metadata { { "authorization", $"Bearer {key}" } };
    }

    [Fact(Timeout = 60_000)]
    public async Task HealthWatch_OfResponsesOnly_IsServed()
    {
        using var web = new WebChannel(demo.Server);
        using var watch = new Health.HealthClient(web.Channel).Watch(
            new HealthCheckRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
    }

    public static TheoryData<string, byte[]> BadMessages => new()
    {
        { "no frame", [] },
        { "half a header", [0, 0, 0] },
        { "less than its length", [0, 0, 0, 0, 9, 1] },
        { "the largest length", [0, 0xff, 0xff, 0xff, 0xff, 1] },
        { "an unknown flag", [7, 0, 0, 0, 2, 10, 0] },
        { "a frame of trailers", [0x80, 0, 0, 0, 2, 10, 0] },
        { "two messages", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
        { "no protobuf", Frame([.. Enumerable.Repeat((byte)0xff, 1000)]) },
        { "a length beyond its end", Frame([10, 0xff, 0xff, 0xff, 0xff, 0x07]) },
        { "a text that is not UTF-8", Frame([10, 2, 0xc3, 0x28]) },
        {
            // Starts of the group of field 31.
            "groups nested 10,000 deep",
            Frame([.. Enumerable.Repeat(new byte[] { 0xfb, 1 }, 10_000).SelectMany(start => start)])
        },
        { "messages nested 10,000 deep", Frame(Nested(10_000)) },
        { "3 MB of nothing", Frame(new byte[3 << 20]) },
        { "JSON", [.. """{"inputs":[{"text":"a"}]}"""u8] },
    };

    /// <summary>Every method that browsers can call.</summary>
    [Theory(Timeout = 120_000)]
    [MemberData(nameof(BadMessages))]
    public async Task Call_BadMessage_IsTheCallersErrorInEveryMethod(string what, byte[] body)
    {
        var paths = demo.Server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<IGrpcWebEnabledMetadata>() is not null)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method)
            .Where(method => method.Type == MethodType.Unary).Select(method => method.FullName).ToList();
        Assert.Contains("/clipgrpc.v1.ClipService/Embed", paths);
        foreach (var (path, isText) in paths.SelectMany(path => new[] { (path, false), (path, true) }))
        {
            using var content = new ByteArrayContent(
                isText ? Encoding.ASCII.GetBytes(Convert.ToBase64String(body)) : body);
            content.Headers.ContentType = new($"application/grpc-web{(isText ? "-text" : "")}");

            AssertIsCallersError(await PostAsync(path, content, isLast: true), $"{path}: {what}");
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("!!!!")]
    [InlineData("AAAAAAI")]
    [InlineData("AAAAAAIKAA==AAAA====")]
    [InlineData("AAAA AAIK\r\nAA==")]
    [InlineData("\0\0\0\0")]
    public async Task Call_TextThatIsNotBase64_IsTheCallersError(string body)
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.ContentType = new("application/grpc-web-text");

        AssertIsCallersError(await PostAsync("/clipgrpc.v1.ClipService/Embed", content), body);

        // Kestrel closes the connection, and has told the client so.
        using var models = await demo.Server.Http.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, models.StatusCode);
    }

    /// <summary>A browser cannot send while it receives, so these calls have no gRPC-Web form.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData("/clipgrpc.v1.ClipService/EmbedStream")]
    [InlineData("/clipgrpc.v1.ClipService/ClassifyStream")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    public async Task Call_StreamOfRequests_IsNotFound(string path) =>
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(demo.Server.Http, path, HttpVersion.Version11));

    [Fact(Timeout = 60_000)]
    public async Task Call_OnTheGrpcPort_IsNotFound()
    {
        using var http = new HttpClient { BaseAddress = demo.Server.GrpcAddress };

        Assert.Equal(
            HttpStatusCode.NotFound,
            await PostAsync(http, "/clipgrpc.v1.ModelService/ListModels", HttpVersion.Version20));
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_SwitchedOff_IsNotFound()
    {
        await using var server = await RunningServer.StartWithoutModelsAsync(
            new Dictionary<string, string?> { ["Clip:Http:GrpcWeb"] = "false" });

        Assert.Equal(
            HttpStatusCode.NotFound,
            await PostAsync(server.Http, "/clipgrpc.v1.ModelService/ListModels", HttpVersion.Version11));
        using var page = await server.Http.GetAsync("/", TestContext.Current.CancellationToken);
        Assert.NotEqual(HttpStatusCode.OK, page.StatusCode); // which would not work without it
    }

    /// <summary>Neither a failure of the server nor one that nobody has mapped.</summary>
    private static void AssertIsCallersError((int Code, int? Status) response, string what)
    {
        Assert.True(response.Code is 200 or (>= 400 and < 500), $"{what}: HTTP {response.Code}");
        Assert.True(
            response.Code != 200
            || (StatusCode?)response.Status is StatusCode.OK or StatusCode.InvalidArgument or StatusCode.NotFound
                or StatusCode.ResourceExhausted or StatusCode.Unimplemented,
            $"{what}: gRPC {response.Status}");
    }

    /// <summary>The status of HTTP and that of gRPC, from the headers or from the trailers in the body.</summary>
    /// <param name="isLast">Of its connection: the server may close it.</param>
    private async Task<(int Code, int? Status)> PostAsync(string path, HttpContent content, bool isLast = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.ConnectionClose = isLast;
        using var response = await demo.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        if (response.Headers.TryGetValues("grpc-status", out var values))
            return ((int)response.StatusCode, int.Parse(values.Single()));

        // The text is base64 of each part, and so is every group of four characters.
        var text = response.Content.Headers.ContentType?.MediaType?.EndsWith("-text") == true
            ? string.Concat(Encoding.ASCII.GetString(body).Chunk(4).Select(
                group => Encoding.Latin1.GetString(Convert.FromBase64CharArray(group, 0, group.Length))))
            : Encoding.Latin1.GetString(body);
        var status = Regex.Match(text, @"grpc-status: ?(\d+)");
        return ((int)response.StatusCode, status.Success ? int.Parse(status.Groups[1].Value) : null);
    }

    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    /// <summary>Field 2 in field 2 in field 2.</summary>
    private static byte[] Nested(int depth)
    {
        var message = new List<byte>();
        for (var i = 0; i < depth; i++)
        {
            var length = message.Count;
            var header = new List<byte> { 18 };
            for (; length > 0x7f; length >>= 7)
                header.Add((byte)(length | 0x80));
            header.Add((byte)length);
            message.InsertRange(0, header);
        }

        return [.. message];
    }

    private static ByteArrayContent Frame(EmbedRequest message, GrpcWebMode mode)
    {
        var frame = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.CalculateSize());
        message.WriteTo(frame.AsSpan(5));
        var isText = mode == GrpcWebMode.GrpcWebText;
        var content = new ByteArrayContent(isText ? Encoding.ASCII.GetBytes(Convert.ToBase64String(frame)) : frame);
        content.Headers.ContentType = new($"application/grpc-web{(isText ? "-text" : "")}");
        return content;
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, string path, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc-web+proto");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
