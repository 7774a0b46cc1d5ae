using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>The limits of a server. A limit that the server does not report is 0.</summary>
public sealed record ClipLimits
{
    /// <summary>Inputs, images or candidates per call.</summary>
    public int MaxInputs { get; init; }

    /// <summary>Bytes per message, received or sent.</summary>
    public int MaxMessageBytes { get; init; }

    /// <summary>UTF-16 code units per text, label or template.</summary>
    public int MaxTextChars { get; init; }

    /// <summary>Width × height per image, before it is resized; see also <see cref="MaxImageSide"/>.</summary>
    public long MaxImagePixels { get; init; }

    /// <summary>Labels per label set.</summary>
    public int MaxLabels { get; init; }

    /// <summary>Templates per label set.</summary>
    public int MaxTemplates { get; init; }

    /// <summary>
    /// Inputs or frames per stream that have been read and whose responses have not been written. At this limit the
    /// server stops reading.
    /// </summary>
    public int MaxStreamWindow { get; init; }

    /// <summary>Pixels of the longer side of an image, before it is resized.</summary>
    public int MaxImageSide { get; init; }

    internal static ClipLimits From(V1.Limits? limits) => limits is null ? new ClipLimits() : new ClipLimits
    {
        MaxInputs = WireNumbers.Int(limits.MaxInputs),
        MaxMessageBytes = WireNumbers.Int(limits.MaxMessageBytes),
        MaxTextChars = WireNumbers.Int(limits.MaxTextChars),
        MaxImagePixels = WireNumbers.Long(limits.MaxImagePixels),
        MaxLabels = WireNumbers.Int(limits.MaxLabels),
        MaxTemplates = WireNumbers.Int(limits.MaxTemplates),
        MaxStreamWindow = WireNumbers.Int(limits.MaxStreamWindow),
        MaxImageSide = WireNumbers.Int(limits.MaxImageSide),
    };
}
