using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Video;
using ClipGrpc.V1;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Rpc;

/// <summary>The labels of one stream: those of its configuration, until an update has others.</summary>
/// <param name="work">Makes the context of embedding labels.</param>
internal sealed class VideoLabels(
    LabelEmbedder labels, ResponseSizes sizes, LimitOptions limits, ClipMetrics metrics, RunningModel model,
    VideoSettings settings, int topK, bool allScores, bool withEmbedding, MessageReader? memory,
    Func<WorkContext> work, HttpContext http)
{
    private long _responseBytes;

    public LabelSet Current { get; private set; } = null!;

    /// <summary>What each source of the stream takes of memory.</summary>
    public long StateBytes => VideoSource.BytesOf(
        settings, Current.Definition.Labels.Count, model.Info.Config.EmbeddingDimensions);

    public async Task StartAsync(ClassifyStreamConfig config)
    {
        (Current, _responseBytes) = config.LabelsCase switch
        {
            ClassifyStreamConfig.LabelsOneofCase.LabelSet => await EmbedAsync(config.LabelSet, "config.label_set"),
            ClassifyStreamConfig.LabelsOneofCase.LabelSetId => Find(config.LabelSetId, "config.label_set_id"),
            _ => throw Missing("config.label_set"),
        };
        if (memory is not null)
            await memory.ReserveResponseAsync(_responseBytes);
    }

    public async Task UpdateAsync(ClassifyStreamUpdate update)
    {
        (var set, var bytes) = update.LabelsCase switch
        {
            ClassifyStreamUpdate.LabelsOneofCase.LabelSet => await EmbedAsync(update.LabelSet, "update.label_set"),
            ClassifyStreamUpdate.LabelsOneofCase.LabelSetId => Find(update.LabelSetId, "update.label_set_id"),
            _ => throw Missing("update.label_set"),
        };
        if (bytes > _responseBytes)
        {
            memory?.Keep(MemoryOf(bytes - _responseBytes));
            _responseBytes = bytes;
        }

        Current = set;
    }

    private static long MemoryOf(long bytes) => Serving.Budget.MemoryBudget.ResponseFactor * bytes;

    private static ClipException Missing(string field) =>
        InputReader.Missing(field, "Set label_set or label_set_id.");

    private (LabelSet Set, long ResponseBytes) Find(string id, string field)
    {
        var set = labels.Get(model, id);
        return (set, Check(set.Definition, field));
    }

    private async Task<(LabelSet Set, long ResponseBytes)> EmbedAsync(V1.LabelSet message, string field)
    {
        var definition = LabelSetReader.Read(message, field, limits);
        var bytes = Check(definition, field);
        CallContext.ChargeLabels(http, labels, model, definition, metrics);
        var embedded = await labels.GetOrCreateAsync(model, definition, work());
        LabelSetReader.CheckTruncated(embedded, message, field);
        return (embedded, bytes);
    }

    private long Check(LabelSetDefinition definition, string field) => sizes.CheckFrame(
        definition, topK, allScores, settings, withEmbedding ? model.Info.Config.EmbeddingDimensions : 0, field);
}
