using ClipGrpc.Server.Health;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>Handles EmbedStream.</summary>
internal sealed class EmbedStreamHandler(
    ModelRegistry models, ItemRunner items, WorkContexts contexts, IOptions<LimitOptions> limits, ClipMetrics metrics,
    DrainState drain, TimeProvider time)
{
    private const int MaxIdBytes = 256;

    private readonly LimitOptions _limits = limits.Value;

    public async Task RunAsync(
        IAsyncStreamReader<EmbedStreamRequest> requests, IServerStreamWriter<EmbedStreamResponse> responses,
        ServerCallContext context)
    {
        var stream = requests.ReadAllAsync().GetAsyncEnumerator();
        if (!await StreamStart.ReadFirstAsync(stream, drain.Closing))
            return;

        var first = stream.Current;
        var model = models.Get(first.Config?.Model ?? "");
        var settings = EmbedSettings.Read(first.Config?.Options, "config.options");
        var ordered = first.Config?.Ordering switch
        {
            null or Ordering.Unspecified or Ordering.Completion => false,
            Ordering.Input => true,
            var other => throw InputReader.Unknown("config.ordering", other.Value),
        };

        var pump = new StreamPump<EmbedStreamRequest, EmbedStreamResponse>(
            (request, token) => HandleAsync(request, model, settings, context, token),
            ordered ? _ => stream : null,
            new StreamWindow(_limits.MaxStreamWindow, _limits.MaxStreamBytes),
            request => request.CalculateSize(),
            MessageReader.Of(context));
        using var stop = new StreamStop(drain.Closing, model);
        await pump.RunAsync(Inputs(first, stream), responses.WriteAsync, stop, context.CancellationToken);
    }

    private static async IAsyncEnumerable<EmbedStreamRequest> Inputs(
        EmbedStreamRequest first, IAsyncEnumerator<EmbedStreamRequest> rest)
    {
        if (first.Config is null || first.Input is not null)
            yield return first;
        while (await rest.MoveNextAsync())
        {
            if (rest.Current.Config is not null)
                throw InputReader.Invalid("config", "Only the first message can contain the configuration.");
            yield return rest.Current;
        }
    }

    private async Task<EmbedStreamResponse> HandleAsync(
        EmbedStreamRequest request, RunningModel model, EmbedSettings settings, ServerCallContext context,
        CancellationToken cancellationToken)
    {
        var arrived = time.GetTimestamp();
        var work = contexts.Of(context, settings.Priority) with { CancellationToken = cancellationToken };
        var result = await items.RunInStreamAsync(
            () =>
            {
                InputReader.CheckId(request.Id, "id", MaxIdBytes);
                CallContext.Charge(context, 1, metrics);
                return InputReader.Read(
                    request.Input, "input", settings.LongText, settings.Image, _limits.MaxTextChars);
            },
            model, work);
        return new EmbedStreamResponse
        {
            Id = CutId(request.Id),
            Model = ResponseWriter.ToModelRef(model),
            Result = ResponseWriter.ToResult(result, settings),
            Timings = ResponseWriter.ToTimings(result.Embedding, time.GetElapsedTime(arrived)),
        };
    }

    /// <summary>The id, truncated to 256 bytes at a character boundary.</summary>
    private static string CutId(string id)
    {
        var bytes = 0;
        var length = 0;
        foreach (var rune in id.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxIdBytes)
                return id[..length];
            length += rune.Utf16SequenceLength;
        }

        return id;
    }
}
