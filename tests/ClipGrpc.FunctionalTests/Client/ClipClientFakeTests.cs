using ClipGrpc.Client;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using LogRecorder = ClipGrpc.FunctionalTests.Server.LogRecorder;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>What an application that uses the client tests without a server, and what it adds to the channel.</summary>
public sealed class ClipClientFakeTests
{
    private static readonly ClipModelRef Model = new("fake", "abc");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task DerivedClient_OverriddenMembers_GiveWhatTheTestSays()
    {
        using ClipClient client = new FakeClient();

        var embedding = await client.EmbedTextAsync("abc", cancellationToken: Cancelled);
        Assert.Equal(3f, embedding.Vector.Span[0]);
        var generator = new ClipTextEmbeddingGenerator(client);
        var generated = await generator.GenerateAsync(["a", "bc"], cancellationToken: Cancelled);
        Assert.Equal([1f, 2f], generated.Select(each => each.Vector.Span[0]).ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task DerivedClient_MemberThatIsNotOverridden_SaysSo()
    {
        using ClipClient client = new FakeClient();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.RankAsync("a", ["b"], cancellationToken: Cancelled));
        Assert.Contains("override the member that calls Rank", error.Message);
    }

    /// <summary>So that none is forgotten when it is added.</summary>
    [Fact]
    public void ClipClient_EveryPublicInstanceMember_CanBeOverridden()
    {
        var members = typeof(ClipClient).GetMethods()
            .Where(method => method.DeclaringType == typeof(ClipClient) && !method.IsStatic);
        Assert.All(members, method => Assert.True(
            (method.IsVirtual && !method.IsFinal) || method.Name == nameof(IDisposable.Dispose), method.Name));
    }

    [Fact]
    public void Results_AsText_AreUseful()
    {
        var embedding = ClipModelFactory.Embedding(new float[] { 1, 0 }, model: Model);
        var classification = ClipModelFactory.Classification([new ClipPrediction("cat", 0, 0.875f, 0.3f)]);
        Assert.Equal("2 dimensions by fake@abc", embedding.ToString());
        Assert.Equal("cat 87.5 %", classification.ToString());
        Assert.Equal("2 dimensions by fake@abc", new ClipResult<ClipEmbedding>(embedding).ToString());
        Assert.Equal(
            "NotFound: No model.",
            new ClipResult<ClipEmbedding>(new ClipError(StatusCode.NotFound, "No model.")).ToString());
        Assert.Equal(
            "NotFound (ModelNotFound): No model.",
            new ClipError(StatusCode.NotFound, "No model.") { Reason = ErrorReason.ModelNotFound }.ToString());
        Assert.Equal(
            "ranked: 2, best: [1] cosine 0.500, 60.0 %, errors: 0",
            ClipModelFactory.Ranking(
                [new ClipRankedCandidate(1, 0.5f, 0.6f), new ClipRankedCandidate(0, 0.1f, 0.4f)]).ToString());
        Assert.Equal(
            "3 ms (queue 0.5, preprocess 1, inference 1.25)",
            new ClipTimings
            {
                Queue = TimeSpan.FromMicroseconds(500),
                Preprocess = TimeSpan.FromMilliseconds(1),
                Inference = TimeSpan.FromMicroseconds(1_250),
                Total = TimeSpan.FromMilliseconds(3),
            }.ToString());
        Assert.Equal(
            "demo@abc (Ready, fp16)",
            new ClipModel { Name = "demo", Revision = "abc", State = ModelState.Ready, Precision = "fp16" }.ToString());
        Assert.Equal(1, ClipModelFactory.Ranking([new ClipRankedCandidate(1, 0.5f, 1)]).Ranked[0].Index);
    }

    [Fact]
    public void Inputs_AsText_AreUseful()
    {
        var pixels = ClipImage.FromPixels(new byte[6], 2, 1, PixelFormat.Rgb24);
        Assert.Equal("2 × 1 Rgb24", pixels.ToString());
        Assert.Equal("cat.jpg", ClipInput.FromImage(ClipImage.FromFile("cat.jpg")).ToString());
        Assert.Equal("an image without a name", ClipImage.FromBytes(new byte[3]).ToString());
        Assert.Equal("\"a cat\"", ClipInput.FromText("a cat").ToString());
        Assert.Equal("labels: 2, templates: 1", new ClipLabels(["a", "b"], ["a photo of a {}"]).ToString());
        Assert.Equal(
            "frame 7 at 00:00:01: dropped (NewerFrame)",
            new VideoFrameResult(7, TimeSpan.FromSeconds(1), null).ToString());
        using var client = ClipClient.ForAddress("http://clip:50051");
        Assert.Equal("The server at http://clip:50051", client.ToString());
    }

    [Fact(Timeout = 30_000)]
    public async Task Options_InterceptorHandlerAndLogger_AreUsedAndTheKeyIsHiddenFromTheInterceptor()
    {
        await using var server = await ScriptedServer.StartAsync();
        var calls = new Recorder();
        var log = new LogRecorder();
        SocketsHttpHandler? configured = null;
        using var loggers = LoggerFactory.Create(
            logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        using var client = server.CreateClient(options =>
        {
            options.ApiKey = "a-secret";
            options.Interceptors.Add(calls);
            options.LoggerFactory = loggers;
            options.ConfigureHandler = handler =>
            {
                handler.KeepAlivePingDelay = TimeSpan.FromSeconds(11);
                configured = handler;
            };
        });
        var failed = 0;
        server.Clip.Before = _ => failed++ == 0
            ? throw new RpcException(new Status(StatusCode.Unavailable, "not now"))
            : Task.CompletedTask;

        await client.EmbedTextAsync("a", cancellationToken: Cancelled);

        Assert.Equal(["Embed", "Embed"], calls.Methods);
        Assert.All(calls.HadCredentials, Assert.False);
        Assert.Equal(TimeSpan.FromSeconds(11), configured!.KeepAlivePingDelay);
        Assert.Contains(log.Records, record => record.Category.StartsWith("Grpc.Net.Client", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Records, record => record.Text.Contains("a-secret"));
        Assert.All(server.Log.Keys, key => Assert.Equal("Bearer a-secret", key));
    }

    private sealed class FakeClient : ClipClient
    {
        public override Task<ClipEmbedding> EmbedTextAsync(
            string text, EmbedCallOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(Embed(text));

        public override async IAsyncEnumerable<ClipResult<ClipEmbedding>> EmbedAsync(
            IAsyncEnumerable<ClipInput> inputs,
            EmbedCallOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var length = 0;
            await foreach (var _ in inputs.WithCancellation(cancellationToken))
                yield return new ClipResult<ClipEmbedding>(Embed(new string('x', ++length)));
        }

        private static ClipEmbedding Embed(string text) =>
            ClipModelFactory.Embedding(new float[] { text.Length }, model: Model);
    }

    private sealed class Recorder : Interceptor
    {
        public List<string> Methods { get; } = [];

        public List<bool> HadCredentials { get; } = [];

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Methods.Add(context.Method.Name);
            HadCredentials.Add(context.Options.Credentials is not null);
            return continuation(request, context);
        }
    }
}
