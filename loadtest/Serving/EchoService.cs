using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>
/// Answers Embed with a response that was made before: the request is parsed, the response written, nothing else.
/// </summary>
internal sealed class EchoService : ClipService.ClipServiceBase
{
    private static readonly EmbedResponse Response = new()
    {
        Model = new ModelRef { Name = "echo", Revision = "none" },
        Timings = new Timings { BatchSize = 1 },
        Results =
        {
            new EmbedResult
            {
                Embedding = new Embedding { Values = { Enumerable.Repeat(0.5f, EmptyModelLoader.Dimensions) } },
            },
        },
    };

    public override Task<EmbedResponse> Embed(EmbedRequest request, ServerCallContext context) =>
        Task.FromResult(Response);
}
