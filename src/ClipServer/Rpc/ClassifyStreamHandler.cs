using ClipGrpc.Server.Health;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>ClassifyStream: the frames of videos in, their classes out in the order of each source.</summary>
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
        var settings = VideoSettingsReader.Read(config);
        var latest = VideoSettingsReader.ReadDropPolicy(config);
        var changesOnly = VideoSettingsReader.ReadEmit(config);
        var (topK, allScores) = (ResponseWriter.ToPredictionCount(config.TopK), config.Options?.AllScores ?? false);
        if (settings.Regions.Count > 0)
            image = image with { Regions = [.. settings.Regions.Select(region => region.Box)] };

        var memory = MessageReader.Of(context);
        var video = new VideoLabels(
            labels, sizes, _limits, metrics, model, settings, topK, allScores, config.IncludeEmbedding, memory,
            () => contexts.Of(context, priority), context.GetHttpContext());
        await video.StartAsync(config);
        var runner = new FrameRunner(
            items, model, settings, image, () => contexts.Of(context, priority),
            () => CallContext.Charge(context, settings.Views, metrics), time);
        var sources = new StreamSources(
            settings, latest ? runner.RunAsync : null, () => video.StateBytes, bytes => memory?.Keep(bytes));
        var writer = new FrameResponses(model, settings, topK, allScores, config.IncludeEmbedding, changesOnly);
        using var stop = new StreamStop(drain.Closing, model);
        var window = new StreamWindow(_limits.MaxStreamWindow, _limits.MaxStreamBytes);
        await new StreamPump<VideoFrameMessage, FrameResult>(
                runner.HandleAsync, message => message.Header.Source, window, message => message.Frame.CalculateSize(),
                memory, result => result.Outcome.Dropped is not null)
            .RunAsync(
                Frames(stream, video, sources),
                result => WriteAsync(result, writer, responses),
                stop,
                context.CancellationToken,
                async () =>
                {
                    foreach (var response in writer.End())
                        await responses.WriteAsync(response);
                });
    }

    private Task WriteAsync(
        FrameResult result, FrameResponses writer, IServerStreamWriter<ClassifyStreamResponse> responses)
    {
        var (response, report) = writer.Next(result);
        if (report.Dropped is not null)
            metrics.FrameDropped();
        if (report.Skipped)
            metrics.FrameSkipped();
        return response is null ? Task.CompletedTask : responses.WriteAsync(response);
    }

    private async IAsyncEnumerable<VideoFrameMessage> Frames(
        IAsyncEnumerator<ClassifyStreamRequest> stream, VideoLabels video, StreamSources sources)
    {
        while (await stream.MoveNextAsync())
        {
            switch (stream.Current.MessageCase)
            {
                case ClassifyStreamRequest.MessageOneofCase.Frame:
                    yield return sources.Read(stream.Current.Frame, video.Current, time.GetTimestamp());
                    break;
                case ClassifyStreamRequest.MessageOneofCase.Update:
                    await video.UpdateAsync(stream.Current.Update);
                    sources.Resize();
                    break;
                case ClassifyStreamRequest.MessageOneofCase.Config:
                    throw InputReader.Invalid("config", "Only the first message of a stream can be the configuration.");
                default:
                    throw InputReader.Missing("frame", "The message has no frame.");
            }
        }
    }
}
