using System.Diagnostics;
using ClipGrpc.Client.Internal;
using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>An image or a text. Both convert to it implicitly.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipInput
{
    private ClipInput(ClipImage? image, string? text)
    {
        Image = image;
        Text = text;
    }

    /// <summary>The image, or null if this is a text.</summary>
    public ClipImage? Image { get; }

    /// <summary>The text, or null if this is an image. The empty string is a valid text.</summary>
    public string? Text { get; }

    /// <summary>An image.</summary>
    public static ClipInput FromImage(ClipImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new ClipInput(image, null);
    }

    /// <summary>A text.</summary>
    public static ClipInput FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ClipInput(null, text);
    }

    /// <summary>A text.</summary>
    public static implicit operator ClipInput(string text) => FromText(text);

    /// <summary>An image.</summary>
    public static implicit operator ClipInput(ClipImage image) => FromImage(image);

    /// <summary>The image, or the beginning of the text in quotes.</summary>
    public override string ToString() => Image?.ToString() ?? $"\"{Excerpt.Of(Text!)}\"";

    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: it cannot be read or is larger than the limit.
    /// </exception>
    internal async ValueTask<Input> ReadAsync(int maxBytes, CancellationToken cancellationToken)
    {
        if (Image is not null)
            return new Input { Image = await Image.ReadAsync(maxBytes, cancellationToken).ConfigureAwait(false) };

        var input = new Input { Text = Text };
        var size = input.CalculateSize();
        return size <= maxBytes ? input : throw InputErrors.TooLarge("The text", size, maxBytes);
    }
}
