using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Video;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Rpc;

/// <summary>ClassifyStream: the frames of a video in, their classes out in the same order.</summary>
internal sealed class ClassifyStreamHandler(
    ModelRegistry models, LabelEmbedder labels, ItemRunner items, WorkContexts contexts, ResponseSizes sizes,
    IOptions<LimitOptions> limits, ClipMetrics metrics, DrainState drain, TimeProvider time)
{
    private readonly LimitOptions _limits = limits.Value;

    public async Task RunAsync(
        IAsyncStreamReader<ClassifyStreamRequest> requests, IServerStreamWriter<ClassifyStreamResponse> responses,
        ServerCallContext context)
    {
        var stream = requests.ReadAllAsync().GetAsyncEnumerator();
        if (!await StreamStart.ReadFirstAsync(stream, drain.Closing))
            return;

        if (stream.Current.MessageCase != ClassifyStreamRequest.MessageOneofCase.Config)
            throw InputReader.Missing("config", "The first message of a stream must be its configuration.");
        var config = stream.Current.Config;
        var model = models.Get(config.Model);
        var priority = EmbedSettings.ReadPriority(config.Options?.Priority ?? default, "config.options");
        var image = InputReader.ReadOptions(config.Options?.Image, "config.options.image");
        if (config.Smoothing is not (>= 0 and < 1))
            throw InputReader.Invalid("config.smoothing", $"{config.Smoothing} is not at least 0 and less than 1.");

        var latest = config.DropPolicy switch
        {
            DropPolicy.Unspecified or DropPolicy.None => false,
            DropPolicy.Latest => true,
            var other => throw InputReader.Unknown("config.drop_policy", other),
        };
        var (topK, allScores) = (ResponseWriter.ToPredictionCount(config.TopK), config.Options?.AllScores ?? false);
        var (set, responseBytes) = await GetLabelsAsync(
            config, definition => sizes.CheckFrame(definition, topK, allScores), model,
            contexts.Of(context, priority), context);
        var memory = MessageReader.Of(context);
        if (memory is not null)
            await memory.ReserveResponseAsync(responseBytes);
        var replies = new FrameResponses(model, set, config.Smoothing, topK, allScores);
        var handle = Handler(latest, model, image, () => contexts.Of(context, priority), context);
        using var stop = new StreamStop(drain.Closing, model);
        var window = new StreamWindow(_limits.MaxStreamWindow, _limits.MaxStreamBytes);
        await new StreamPump<Frame, FrameResult>(
                handle, ordered: true, window, frame => frame.CalculateSize(), memory)
            .RunAsync(
                Frames(stream),
                outcome =>
                {
                    if (outcome.Item is null)
                        metrics.FrameDropped();
                    return responses.WriteAsync(replies.Next(outcome));
                },
                stop,
                context.CancellationToken);
    }

    private Func<Frame, CancellationToken, Task<FrameResult>> Handler(
        bool latest, RunningModel model, DecodeOptions image, Func<WorkContext> work, ServerCallContext context)
    {
        var runner = new LatestFrameRunner<Frame, FrameResult>(
            frame => ClassifyAsync(frame, model, image, work(), context), FrameResult.Dropped);
        return async (frame, token) =>
        {
            // From here, so that a frame's waiting for the one before it counts.
            var arrived = time.GetTimestamp();
            var outcome = await (latest
                ? runner.RunAsync(frame)
                : ClassifyAsync(frame, model, image, work() with { CancellationToken = token }, context));
            return outcome with { Total = time.GetElapsedTime(arrived) };
        };
    }

    private async Task<FrameResult> ClassifyAsync(
        Frame frame, RunningModel model, DecodeOptions image, WorkContext work, ServerCallContext context)
    {
        var outcome = await items.RunInStreamAsync(
            () =>
            {
                CallContext.Charge(context, 1, metrics);
                return InputReader.ReadImage(frame.Image, "frame.image", image);
            },
            model, work);
        return new FrameResult(frame, outcome, Total: default);
    }

    private static async IAsyncEnumerable<Frame> Frames(IAsyncEnumerator<ClassifyStreamRequest> stream)
    {
        while (await stream.MoveNextAsync())
        {
            yield return stream.Current.MessageCase switch
            {
                ClassifyStreamRequest.MessageOneofCase.Frame => stream.Current.Frame,
                ClassifyStreamRequest.MessageOneofCase.Config => throw InputReader.Invalid(
                    "config", "Only the first message of a stream can be the configuration."),
                _ => throw InputReader.Missing("frame", "The message has no frame."),
            };
        }
    }

    /// <summary>The labels of a stream whose responses can be sent, and the most bytes that one can have.</summary>
    private async Task<(LabelSet Set, long ResponseBytes)> GetLabelsAsync(
        ClassifyStreamConfig config, Func<LabelSetDefinition, long> check, RunningModel model, WorkContext work,
        ServerCallContext context)
    {
        switch (config.LabelsCase)
        {
            case ClassifyStreamConfig.LabelsOneofCase.LabelSet:
                var definition = LabelSetReader.Read(config.LabelSet, "config.label_set", _limits);
                var bytes = check(definition);
                CallContext.ChargeLabels(context.GetHttpContext(), labels, model, definition, metrics);
                var embedded = await labels.GetOrCreateAsync(model, definition, work);
                LabelSetReader.CheckTruncated(embedded, config.LabelSet, "config.label_set");
                return (embedded, bytes);
            case ClassifyStreamConfig.LabelsOneofCase.LabelSetId:
                var set = labels.Get(model, config.LabelSetId);
                return (set, check(set.Definition));
            default:
                throw InputReader.Missing("config.label_set", "Set label_set or label_set_id.");
        }
    }
}
