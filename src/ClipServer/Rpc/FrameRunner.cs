using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Video;

namespace ClipGrpc.Server.Rpc;

/// <summary>Runs the frames of one stream side by side.</summary>
/// <param name="work">Makes the context of a frame that comes now.</param>
/// <param name="charge">Counts a frame against the caller's rate.</param>
internal sealed class FrameRunner(
    ItemRunner items, RunningModel model, VideoSettings settings, DecodeOptions image, Func<WorkContext> work,
    Action charge, TimeProvider time)
{
    public async Task<FrameResult> HandleAsync(VideoFrameMessage message, CancellationToken cancellationToken)
    {
        var header = message.Header;
        try
        {
            var outcome = message switch
            {
                { IsDue: false } => FrameOutcome.Drop(FrameDropReason.MaxFps),
                { Runner: { } latest } => await latest.RunAsync(message),
                _ => await RunAsync(message, cancellationToken),
            };
            return new FrameResult(header, outcome, time.GetElapsedTime(message.Arrived));
        }
        finally
        {
            header.Source.Turns.Leave(message.Turn);
        }
    }

    /// <summary>Runs a frame when it is its turn, for <see cref="LatestFrameRunner{TFrame, TResult}"/>.</summary>
    public Task<FrameOutcome> RunAsync(VideoFrameMessage message) => RunAsync(message, null);

    private async Task<FrameOutcome> RunAsync(VideoFrameMessage message, CancellationToken? cancellationToken)
    {
        var waited = time.GetElapsedTime(message.Arrived);
        if (settings.MaxAge > TimeSpan.Zero && waited > settings.MaxAge)
            return FrameOutcome.Drop(FrameDropReason.MaxAge);

        var source = message.Header.Source;
        IReadOnlyList<FrameDecision>? decisions = null;
        var context = work();
        if (cancellationToken is { } token)
            context = context with { CancellationToken = token };
        var (limited, isLimited) = Limit(context, waited);
        var (embedded, error) = await items.RunFrameAsync(
            () =>
            {
                charge();
                return InputReader.ReadImage(message.Frame.Image, "frame.image", image);
            },
            async views =>
            {
                await source.Turns.WhenTurn(message.Turn);
                var chosen = source.Chooser.Choose(views);
                decisions = chosen;
                source.Turns.Leave(message.Turn);
                return Array.ConvertAll(chosen, decision => decision.Runs);
            },
            model,
            limited);
        if (error is null)
            return FrameOutcome.Embed(embedded.Views, decisions!, embedded.Preprocess);

        if (decisions is not null)
            source.Chooser.Forget();
        return isLimited && error.Reason == ClipErrorReason.DeadlinePassed && !IsLate(context)
            ? FrameOutcome.Drop(FrameDropReason.MaxAge, decisions)
            : FrameOutcome.Fail(error, decisions);
    }

    /// <summary>Whether the maximum age ends the wait before anything else does.</summary>
    private (WorkContext Context, bool IsLimited) Limit(WorkContext context, TimeSpan waited)
    {
        if (settings.MaxAge == TimeSpan.Zero)
            return (context, false);

        var oldest = time.GetUtcNow() + settings.MaxAge - waited;
        return context.Expiry <= oldest ? (context, false) : (context with { Expiry = oldest }, true);
    }

    private bool IsLate(WorkContext context) => context.Deadline <= time.GetUtcNow();
}
