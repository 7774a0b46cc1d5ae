using ClipGrpc.Imaging.Resizing;
using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Prepares the raw frames of one stream as its server would, where that makes them smaller. How is requested once per
/// connection. What cannot be prepared is sent as it is, which gives the same result.
/// </summary>
internal sealed class FramePreparer(
    VideoCallOptions options, Func<CancellationToken, Task<ListModelsResponse>> listModels)
{
    private static readonly Known SendAsIs = new("", null);

    private readonly AlphaMode _alpha = options.Image?.Alpha ?? AlphaMode.Drop;
    private volatile Known? _known;

    /// <summary>The next connection may lead to another server.</summary>
    public void Connected() => _known = options.Prepare == FramePreparation.Auto ? null : SendAsIs;

    /// <summary>Another model of that name may prepare its images in another way.</summary>
    public void Responded(ModelRef? model)
    {
        if (model is not null && _known is { Transform: not null } known && known.Revision != model.Revision)
            _known = SendAsIs;
    }

    public async ValueTask<ClipImage> PrepareAsync(ClipImage image, CancellationToken cancellationToken)
    {
        if (image.PixelBytes == 0)
            return image;

        var known = _known;
        if (known is null)
            _known = known = await RequestAsync(cancellationToken).ConfigureAwait(false);
        return known.Transform is { } transform && image.PixelBytes > transform.Size * transform.Size * 3
            ? image.Prepare(transform, _alpha)
            : image;
    }

    private async Task<Known> RequestAsync(CancellationToken cancellationToken)
    {
        ListModelsResponse response;
        try
        {
            response = await listModels(cancellationToken).ConfigureAwait(false);
        }
        catch (ClipClientException)
        {
            // This saves bytes and is not needed. A server that is in trouble ends the stream itself.
            return SendAsIs;
        }

        var model = response.Models.Select(ClipModel.From).FirstOrDefault(
            model => options.Model.Length == 0 ? model.IsDefault : model.Name == options.Model);
        return model is null ? SendAsIs : new Known(model.Revision, ModelTransform.Of(model.ImagePreparation));
    }

    private sealed record Known(string Revision, ImageTransform? Transform);
}
