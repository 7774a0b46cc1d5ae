using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using ClipGrpc.Client.Internal;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.Client;

/// <summary>
/// An image to send: a file's bytes (JPEG, PNG, WebP, GIF, BMP) or raw pixels. Files and streams are read only when the
/// call is made, so a long list of files needs little memory.
/// <para>
/// Its JSON form is a hash of its content, for caches that derive their keys from JSON. After it was serialized, a file
/// or buffer whose content has changed is an error of this item; create a new <see cref="ClipImage"/> for it.
/// </para>
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(ClipImageJsonConverter))]
public sealed class ClipImage
{
    // The most that ClipClientOptions.MaxMessageBytes can be.
    private const int MaxContentBytes = 1 << 30;

    private readonly Func<int, CancellationToken, ValueTask<Image>> _read;
    private readonly RawImage? _pixels;
    private string? _identity;

    private ClipImage(string? name, Func<int, CancellationToken, ValueTask<Image>> read)
    {
        Name = name;
        _read = read;
    }

    private ClipImage(RawImage pixels)
    {
        _pixels = pixels;
        var image = new Image { Raw = pixels };
        _read = (_, _) => ValueTask.FromResult(image);
    }

    /// <summary>The path of the file or the given name, or null. Used in error messages only.</summary>
    public string? Name { get; }

    /// <summary>0 for image files.</summary>
    internal int PixelBytes => _pixels?.Data.Length ?? 0;

    /// <summary>
    /// The bytes of an image file. They are not copied: do not change them until the call has completed.
    /// </summary>
    /// <param name="encoded">A complete JPEG, PNG, WebP, GIF or BMP file.</param>
    /// <param name="name">The name in error messages.</param>
    public static ClipImage FromBytes(ReadOnlyMemory<byte> encoded, string? name = null)
    {
        var image = new Image { Encoded = UnsafeByteOperations.UnsafeWrap(encoded) };
        return new ClipImage(name, (_, _) => ValueTask.FromResult(image));
    }

    /// <summary>An image file. A file that cannot be read is an error of this item.</summary>
    /// <param name="path">A JPEG, PNG, WebP, GIF or BMP file.</param>
    public static ClipImage FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var content = new ImageFile(path);
        return new ClipImage(path, async (maxBytes, cancellationToken) => new Image
        {
            Encoded = await content.ReadAsync(maxBytes, cancellationToken).ConfigureAwait(false),
        });
    }

    /// <summary>
    /// A stream with an image file, read from its position to its end when the call is made, and not disposed. It is
    /// read once: the image keeps the bytes for further calls, and concurrent calls share one read. After a cancelled
    /// call a seekable stream is read on; one that cannot seek may have lost bytes, and the next call fails.
    /// </summary>
    /// <param name="stream">A readable stream with a JPEG, PNG, WebP, GIF or BMP file.</param>
    /// <param name="name">The name in error messages.</param>
    public static ClipImage FromStream(Stream stream, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead)
            throw new ArgumentException("The stream cannot be read.", nameof(stream));

        var content = new ImageStream(stream, name ?? "the stream");
        return new ClipImage(name, async (maxBytes, cancellationToken) => new Image
        {
            Encoded = await content.ReadAsync(maxBytes, cancellationToken).ConfigureAwait(false),
        });
    }

    /// <summary>
    /// Raw pixels, top row first. They are not copied: do not change them until the call has completed.
    /// </summary>
    /// <param name="pixels">
    /// Packed formats: height rows of <paramref name="stride"/> bytes. NV12 and P010: the Y plane, then interleaved U
    /// and V of the same stride, rounded up to whole pairs of samples. I420: the Y plane, then U, then V with (stride +
    /// 1) / 2. Chroma planes have (height + 1) / 2 rows. The padding of the last row can be omitted; nothing can follow
    /// it.
    /// </param>
    /// <param name="width">Pixels per row, 1 to 65,535.</param>
    /// <param name="height">Rows, 1 to 65,535.</param>
    /// <param name="format">The layout of the pixels.</param>
    /// <param name="stride">Bytes from one row (of the Y plane) to the next; 0 means no padding.</param>
    /// <param name="colorMatrix">For YUV formats; BT.601 by default.</param>
    /// <param name="colorRange">For YUV formats; limited by default.</param>
    /// <param name="rotationDegrees">
    /// The clockwise rotation to apply: 0, 90, 180 or 270. Width, height and pixels are those before the rotation.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The arguments are inconsistent, there are too few or too many bytes, or a value is unknown.
    /// </exception>
    public static ClipImage FromPixels(
        ReadOnlyMemory<byte> pixels,
        int width,
        int height,
        PixelFormat format,
        int stride = 0,
        ColorMatrix colorMatrix = ColorMatrix.Bt601,
        ColorRange colorRange = ColorRange.Limited,
        int rotationDegrees = 0)
    {
        var wireFormat = format.ToWire();
        RawFormat.Check(pixels, width, height, wireFormat, stride);
        RawFormat.CheckRotation(rotationDegrees);
        return new ClipImage(new RawImage
        {
            Width = (uint)width,
            Height = (uint)height,
            Stride = (uint)stride,
            Format = wireFormat,
            ColorMatrix = colorMatrix.ToWire(),
            ColorRange = colorRange.ToWire(),
            RotationDegrees = (uint)rotationDegrees,
            Data = UnsafeByteOperations.UnsafeWrap(pixels),
        });
    }

    /// <summary>
    /// Rotates, resizes and crops pixels exactly as the server does for a model, so that fewer bytes are sent: an RGB
    /// image of 224 × 224 pixels has a twentieth of the bytes of a 1080p NV12 frame. The embedding is identical, bit by
    /// bit.
    /// </summary>
    /// <param name="model">
    /// The model that the image is for, as <see cref="ClipClient.GetModelAsync"/> or
    /// <see cref="ClipClient.ListModelsAsync"/> returns it.
    /// </param>
    /// <param name="alpha">For RGBA32 and BGRA32: how the alpha channel is removed. Default: it is dropped.</param>
    /// <returns>A new image with its own pixels; those of this image are no longer needed.</returns>
    /// <exception cref="InvalidOperationException">This is not an image of <see cref="FromPixels"/>.</exception>
    /// <exception cref="ArgumentException">The model's server does not report how it prepares images.</exception>
    public ClipImage Prepare(ClipModel model, AlphaMode alpha = AlphaMode.Drop)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (_pixels is null)
        {
            throw new InvalidOperationException(
                "Only images of ClipImage.FromPixels can be prepared by the client; send image files as they are.");
        }

        var transform = ModelTransform.Of(model.ImagePreparation) ?? throw new ArgumentException(
            $"The server of model \"{model.Name}\" does not report how it prepares images, or not in a way that this "
            + "client supports; send the image unchanged.",
            nameof(model));
        return Prepare(transform, alpha);
    }

    internal ClipImage Prepare(ImageTransform transform, AlphaMode alpha)
    {
        var raw = RawFormat.Read(_pixels!);
        if (PixelPreparation.IsPrepared(raw, transform))
            return this;

        var rgb = new byte[transform.Size * transform.Size * 3];
        var layout = RawLayout.Create(raw, new ImageLimits());
        PixelPreparation.Run(raw, layout, RawFormat.Read(alpha), transform, rgb);
        return FromPixels(rgb, transform.Size, transform.Size, PixelFormat.Rgb24);
    }

    /// <summary>The name, or the size and format of pixels.</summary>
    public override string ToString() =>
        Name ?? (_pixels is { } raw
            ? string.Create(CultureInfo.InvariantCulture, $"{raw.Width} × {raw.Height} {raw.Format}")
            : "an image without a name");

    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: it cannot be read or is larger than the limit.
    /// </exception>
    internal async ValueTask<Image> ReadAsync(int maxBytes, CancellationToken cancellationToken)
    {
        var image = await _read(maxBytes, cancellationToken).ConfigureAwait(false);
        var size = image.CalculateSize();
        if (size > maxBytes)
            throw InputErrors.TooLarge(Name ?? "The image", size, maxBytes);
        if (Volatile.Read(ref _identity) is { } identity)
            CheckUnchanged(identity, image);

        return image;
    }

    /// <summary>A hash of the content. Blocks while it reads a file or stream.</summary>
    /// <exception cref="ClipClientException">INVALID_ARGUMENT: it cannot be read, or has changed since.</exception>
    internal string Identify()
    {
        // JSON converters are synchronous.
        var image = _read(MaxContentBytes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        var identity = ImageIdentity.Of(image);
        if (Interlocked.CompareExchange(ref _identity, identity, null) is { } first)
            CheckUnchanged(first, image);
        return identity;
    }

    private void CheckUnchanged(string identity, Image image)
    {
        if (ImageIdentity.Of(image) != identity)
        {
            throw new ClipClientException(
                StatusCode.InvalidArgument,
                $"{Name ?? "The image"} has changed since its content was identified; create a new ClipImage for it.");
        }
    }
}
