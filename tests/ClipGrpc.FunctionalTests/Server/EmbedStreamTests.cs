using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

public sealed class EmbedStreamTests(DemoServer demo)
{
    private static EmbedStreamRequest Item(string id, Input input) => new() { Id = id, Input = input };

    private async Task<List<EmbedStreamResponse>> RunAsync(params EmbedStreamRequest[] requests)
    {
        using var call = demo.Clip.EmbedStream(Limited());
        foreach (var request in requests)
            await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        var replies = new List<EmbedStreamResponse>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
            replies.Add(reply);
        return replies;
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_InputOrder_AnswersInOrderAsTheUnaryCallDoes()
    {
        string[] files = ["cat.jpg", "one-pixel.png", "rocket.jpg", "cat.gif"];
        var config = new EmbedStreamRequest { Config = new EmbedStreamConfig { Ordering = Ordering.Input } };
        var replies = await RunAsync([config, .. files.Select(file => Item(file, ImageInput(file)))]);

        Assert.Equal(files, replies.Select(reply => reply.Id));
        var unary = await demo.Clip.EmbedAsync(new EmbedRequest { Inputs = { files.Select(ImageInput) } }, Limited());
        for (var i = 0; i < files.Length; i++)
            Assert.InRange(LargestDifference(Values(unary.Results[i]), Values(replies[i].Result)), 0, 1e-5);
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_NoConfig_UsesTheDefaults()
    {
        var replies = await RunAsync(Item("a", Sentence("cat")), Item("b", ImageInput("cat.jpg")));

        Assert.Equal(["a", "b"], replies.Select(reply => reply.Id).Order());
        Assert.All(replies, reply => Assert.Equal("demo", reply.Model.Name));
        Assert.All(replies, reply => Assert.Equal(128, Values(reply.Result).Length));
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_ConfigTogetherWithAnInput_AnswersTheInput()
    {
        var first = Item("a", Sentence("cat"));
        first.Config = new EmbedStreamConfig { Options = new EmbedOptions { Encoding = EmbeddingEncoding.Float16 } };

        var reply = Assert.Single(await RunAsync(first));

        Assert.Equal(256, reply.Result.Embedding.ValuesFloat16.Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_BadInput_IsAnsweredAndTheStreamGoesOn()
    {
        var replies = await RunAsync(
            Item("bad", new Input { Image = Image([1, 2, 3]) }),
            Item("empty", new Input()),
            Item("good", Sentence("cat")));

        var byId = replies.ToDictionary(reply => reply.Id, reply => reply.Result);
        Assert.Equal((int)StatusCode.InvalidArgument, byId["bad"].Error.Code);
        Assert.Equal((int)StatusCode.InvalidArgument, byId["empty"].Error.Code);
        Assert.Equal(128, Values(byId["good"]).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_ManyMoreThanTheWindow_AnswersAll()
    {
        var ids = Enumerable.Range(0, 400).Select(i => i.ToString()).ToArray();
        using var call = demo.Clip.EmbedStream(Limited());
        var reading = Task.Run(async () =>
        {
            var seen = new List<string>();
            await foreach (var reply in call.ResponseStream.ReadAllAsync())
                seen.Add(reply.Id);
            return seen;
        });
        foreach (var id in ids)
            await call.RequestStream.WriteAsync(Item(id, Sentence($"stream text {id}")));
        await call.RequestStream.CompleteAsync();

        Assert.Equal(ids.Order(), (await reading).Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_SecondConfig_EndsTheStreamAsInvalid()
    {
        var config = new EmbedStreamRequest { Config = new EmbedStreamConfig() };
        var error = await Assert.ThrowsAsync<RpcException>(() => RunAsync(config, config));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("config:", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_UnknownModel_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            () => RunAsync(new EmbedStreamRequest { Config = new EmbedStreamConfig { Model = "nope" } }));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_NothingSent_EndsWell() => Assert.Empty(await RunAsync());

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_CallerGoesAway_TheNextCallWorks()
    {
        using var leaving = new CancellationTokenSource();
        using (var call = demo.Clip.EmbedStream(Limited(token: leaving.Token)))
        {
            for (var i = 0; i < 20; i++)
                await call.RequestStream.WriteAsync(Item($"{i}", ImageInput("rocket.jpg")));
            await leaving.CancelAsync();
            await Assert.ThrowsAsync<RpcException>(async () =>
            {
                await foreach (var _ in call.ResponseStream.ReadAllAsync())
                {
                }
            });
        }

        Assert.Single(await RunAsync(Item("a", Sentence("cat"))));
    }
}
