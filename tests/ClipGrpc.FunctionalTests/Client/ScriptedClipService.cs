using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>
/// Embeds a text or image as [length, first byte, 0.5], says INVALID_ARGUMENT to what is or starts with "bad", and
/// gives labels the probabilities 1/2, 1/4, … in their order. A test replaces what it wants otherwise.
/// </summary>
internal sealed class ScriptedClipService : ClipService.ClipServiceBase
{
    private const int DefaultTopK = 5;

    public static readonly ModelRef Model = new() { Name = "demo", Revision = "abc123" };

    public ConcurrentQueue<EmbedRequest> EmbedRequests { get; } = new();

    public ConcurrentQueue<ClassifyRequest> ClassifyRequests { get; } = new();

    public ConcurrentQueue<CreateLabelSetRequest> CreateRequests { get; } = new();

    /// <summary>Called first in each unary call; throws or waits as the test wants.</summary>
    public Func<ServerCallContext, Task> Before { get; set; } = _ => Task.CompletedTask;

    public DuplexStreamingServerMethod<EmbedStreamRequest, EmbedStreamResponse> OnEmbedStream { get; set; } =
        AnswerEachAsync;

    public Func<EmbedRequest, EmbedResponse>? OnEmbed { get; set; }

    public RankRequest? LastRank { get; private set; }

    public ClassifyStreamConfig? LastVideo { get; private set; }

    public ConcurrentDictionary<string, LabelSet> LabelSets { get; } = new();

    /// <summary>Sentences that label sets are said to have truncated.</summary>
    public uint TruncatedSentences { get; set; }

    /// <summary>Goes into the ids of label sets, as a model's revision does.</summary>
    public string LabelSetSalt { get; set; } = "";

    public static EmbedResult EmbedOne(Input input, EmbedOptions? options)
    {
        var isText = input.KindCase == Input.KindOneofCase.Text;
        var bytes = isText
            ? Encoding.UTF8.GetBytes(input.Text)
            : (input.Image.Raw?.Data ?? input.Image.Encoded).ToByteArray();
        if (bytes.AsSpan().StartsWith("bad"u8))
            return new EmbedResult { Error = Error("inputs: this is bad.") };

        float[] values = [bytes.Length, bytes.Length == 0 ? 0 : bytes[0], 0.5f];
        var embedding = new Embedding();
        if (options?.Encoding == EmbeddingEncoding.Float16)
        {
            var halves = values.SelectMany(value => BitConverter.GetBytes((Half)value)).ToArray();
            embedding.ValuesFloat16 = Google.Protobuf.ByteString.CopyFrom(halves);
        }
        else
        {
            embedding.Values.Add(values);
        }

        return new EmbedResult { Embedding = embedding, TokenCount = isText ? 3u : 0 };
    }

    public override async Task<EmbedResponse> Embed(EmbedRequest request, ServerCallContext context)
    {
        EmbedRequests.Enqueue(request);
        await Before(context);
        return OnEmbed?.Invoke(request) ?? new EmbedResponse
        {
            Model = Model,
            Results = { request.Inputs.Select(input => EmbedOne(input, request.Options)) },
            Timings = new Timings { BatchSize = (uint)request.Inputs.Count },
        };
    }

    public override Task EmbedStream(
        IAsyncStreamReader<EmbedStreamRequest> requestStream,
        IServerStreamWriter<EmbedStreamResponse> responseStream,
        ServerCallContext context) => OnEmbedStream(requestStream, responseStream, context);

    public override async Task<ClassifyResponse> Classify(ClassifyRequest request, ServerCallContext context)
    {
        ClassifyRequests.Enqueue(request.Clone());
        await Before(context);
        var labels = request.LabelSet;
        if (request.LabelsCase == ClassifyRequest.LabelsOneofCase.LabelSetId
            && !LabelSets.TryGetValue(request.LabelSetId, out labels))
        {
            throw new RpcException(new Status(StatusCode.NotFound, "label_set_id: unknown."));
        }

        return new ClassifyResponse
        {
            Model = Model,
            Results = { request.Images.Select(image => ClassifyOne(image, labels!, (int)request.TopK)) },
            TruncatedSentences = TruncatedSentences,
        };
    }

    public override async Task ClassifyStream(
        IAsyncStreamReader<ClassifyStreamRequest> requestStream,
        IServerStreamWriter<ClassifyStreamResponse> responseStream,
        ServerCallContext context)
    {
        Assert.True(await requestStream.MoveNext(context.CancellationToken));
        LastVideo = requestStream.Current.Config;
        if (LastVideo.Model == "missing")
            throw new RpcException(new Status(StatusCode.NotFound, "model: there is demo."));
        await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
        {
            var frame = message.Frame;
            var reply = new ClassifyStreamResponse
            {
                FrameId = frame.FrameId,
                TimestampUs = frame.TimestampUs,
                Model = Model,
                Dropped = frame.FrameId % 10 == 9,
                TruncatedSentences = TruncatedSentences,
            };
            if (!reply.Dropped)
            {
                var result = ClassifyOne(frame.Image, LastVideo.LabelSet, (int)LastVideo.TopK);
                reply.Predictions.Add(result.Predictions);
                reply.Error = result.Error;
            }

            await responseStream.WriteAsync(reply);
        }
    }

    public override async Task<CreateLabelSetResponse> CreateLabelSet(
        CreateLabelSetRequest request, ServerCallContext context)
    {
        CreateRequests.Enqueue(request);
        await Before(context);
        if (request.LabelSet.Labels.Contains("bad"))
            throw new RpcException(new Status(StatusCode.InvalidArgument, "label_set.labels: bad."));
        var id = Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(LabelSetSalt + request.LabelSet.ToString())));
        LabelSets[id] = request.LabelSet;
        return new CreateLabelSetResponse { Id = id, Model = Model, TruncatedSentences = TruncatedSentences };
    }

    public override async Task<RankResponse> Rank(RankRequest request, ServerCallContext context)
    {
        LastRank = request;
        await Before(context);
        var reply = new RankResponse { Model = Model };
        for (var i = request.Candidates.Count - 1; i >= 0; i--)
        {
            if (EmbedOne(request.Candidates[i], null).Error is { } error)
                reply.Errors.Add(new CandidateError { Index = (uint)i, Error = error });
            else
                reply.Ranked.Add(new RankedCandidate { Index = (uint)i, Cosine = i / 10f, Probability = 0.5f });
        }

        return reply;
    }

    private static ClassifyResult ClassifyOne(Image image, LabelSet labels, int topK)
    {
        if (EmbedOne(new Input { Image = image }, null).Error is { } error)
            return new ClassifyResult { Error = error };

        var predictions = labels.Labels.Select((label, i) => new Prediction
        {
            Label = label,
            Index = (uint)i,
            Probability = MathF.Pow(0.5f, i + 1),
            Cosine = 0.25f,
        });
        return new ClassifyResult { Predictions = { predictions.Take(topK == 0 ? DefaultTopK : topK) } };
    }

    private static async Task AnswerEachAsync(
        IAsyncStreamReader<EmbedStreamRequest> requests,
        IServerStreamWriter<EmbedStreamResponse> responses,
        ServerCallContext context)
    {
        EmbedOptions? options = null;
        await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
        {
            options ??= request.Config?.Options;
            if (request.Input is { } input)
            {
                await responses.WriteAsync(
                    new EmbedStreamResponse { Id = request.Id, Model = Model, Result = EmbedOne(input, options) });
            }
        }
    }

    private static Google.Rpc.Status Error(string message) =>
        new() { Code = (int)StatusCode.InvalidArgument, Message = message };
}
