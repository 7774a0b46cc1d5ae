using ClipGrpc.Client;

namespace ClipGrpc.Examples.Testing;

/// <summary>Code to test: puts photos into folders by what they show.</summary>
public sealed class PhotoAlbum(ClipClient clip)
{
    private const float Sure = 0.6f;

    private static readonly ClipLabels Labels = new(["people", "animals", "food"], ["a photo of {}"]);

    /// <summary>The folder for a photo: a label, or "other" where no label is probable enough.</summary>
    public async Task<string> ChooseFolderAsync(ClipImage photo, CancellationToken cancellationToken)
    {
        var result = await clip.ClassifyAsync(photo, Labels, cancellationToken: cancellationToken);
        var best = result.Predictions[0];
        return best.Probability >= Sure ? best.Label : "other";
    }

    /// <summary>The photos that match a text, the best first; photos that cannot be read are left out.</summary>
    public async Task<IReadOnlyList<int>> FindAsync(
        string text, IReadOnlyList<ClipImage> photos, CancellationToken cancellationToken)
    {
        var query = await clip.EmbedTextAsync(text, cancellationToken: cancellationToken);
        var images = await clip.EmbedImagesAsync(photos, cancellationToken: cancellationToken);
        return [.. images
            .Select((image, index) => (Image: image, Index: index))
            .Where(photo => photo.Image.IsSuccess)
            .OrderByDescending(photo => Similarity(query, photo.Image.Value!))
            .Select(photo => photo.Index)];
    }

    private static float Similarity(ClipEmbedding first, ClipEmbedding second)
    {
        var sum = 0f;
        for (var i = 0; i < first.Vector.Length; i++)
            sum += first.Vector.Span[i] * second.Vector.Span[i];
        return sum;
    }
}
