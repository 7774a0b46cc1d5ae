using System.Text;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using AlphaMode = ClipGrpc.V1.AlphaMode;
using ColorMatrix = ClipGrpc.V1.ColorMatrix;
using ColorRange = ClipGrpc.V1.ColorRange;
using PixelFormat = ClipGrpc.V1.PixelFormat;

namespace ClipGrpc.Server.Rpc;

/// <summary>Validates the inputs of a request and converts them to the types of the serving layer.</summary>
internal static class InputReader
{
    public static ItemInput Read(
        Input? input, string field, LongText longText, DecodeOptions image, int maxTextChars) =>
        input?.KindCase switch
        {
            Input.KindOneofCase.Image => ReadImage(input.Image, $"{field}.image", image),
            Input.KindOneofCase.Text => ReadText(input.Text, $"{field}.text", longText, maxTextChars),
            _ => throw Missing(field, "The input has neither an image nor a text; set one of them."),
        };

    public static ItemInput ReadImage(Image? image, string field, DecodeOptions options) =>
        image?.KindCase switch
        {
            Image.KindOneofCase.Encoded when image.Encoded.IsEmpty => throw Missing(field, "The image has no bytes."),
            Image.KindOneofCase.Encoded => new EncodedImageInput(image.Encoded.Memory, options)
            {
                Field = field,
            },
            Image.KindOneofCase.Raw => new RawImageInput(ReadRaw(image.Raw, $"{field}.raw"), options)
            {
                Field = field,
            },
            _ => throw Missing(field, "The image has neither encoded bytes nor raw pixels; set one of them."),
        };

    public static DecodeOptions ReadOptions(ImageOptions? options, string field) => new(
        options?.Alpha switch
        {
            null or AlphaMode.Unspecified or AlphaMode.Drop => Imaging.Pixels.AlphaMode.Drop,
            AlphaMode.White => Imaging.Pixels.AlphaMode.White,
            var other => throw Unknown($"{field}.alpha", other.Value),
        },
        options?.IgnoreOrientation ?? false);

    /// <summary>Rejects enum values that are not known to this server, for example from a newer version of the API.
    /// </summary>
    public static ClipException Unknown<TEnum>(string field, TEnum value)
        where TEnum : struct, Enum =>
        Invalid(field, $"The value {value:D} is not known to this server.", ClipErrorReason.UnknownEnumValue);

    public static ClipException Invalid(
        string field, string message, ClipErrorReason reason = ClipErrorReason.InvalidField) =>
        new ClipException(reason, message).At(field);

    /// <summary>A required field that is not set or empty.</summary>
    public static ClipException Missing(string field, string message) =>
        Invalid(field, message, ClipErrorReason.MissingField);

    /// <summary>A limit is exceeded.</summary>
    public static ClipException OverLimit(
        ClipErrorReason reason, string field, string message, long limit, long value) =>
        new ClipException(reason, message) { Metadata = ErrorMetadata.OverLimit(limit, value) }.At(field);

    /// <summary>A repeated field with more elements than are accepted.</summary>
    public static ClipException TooMany(string field, int count, int most) =>
        OverLimit(
            ClipErrorReason.TooManyElements, field, $"There are {count:N0}; at most {most:N0} are accepted.", most,
            count);

    /// <summary>An id that the server keeps or returns.</summary>
    public static void CheckId(string id, string field, int maxBytes)
    {
        if (Encoding.UTF8.GetByteCount(id) is var bytes && bytes > maxBytes)
        {
            throw OverLimit(
                ClipErrorReason.TextTooLong, field, $"The id has {bytes:N0} bytes; at most {maxBytes} are accepted.",
                maxBytes, bytes);
        }
    }

    public static TextInput ReadText(string text, string field, LongText longText, int maxTextChars)
    {
        if (text.Length > maxTextChars)
        {
            throw OverLimit(
                ClipErrorReason.TextTooLong, field,
                $"The text has {text.Length:N0} characters; the maximum is {maxTextChars:N0}.", maxTextChars,
                text.Length);
        }

        return new TextInput(text, longText == LongText.Reject) { Field = field };
    }

    private static RawPixels ReadRaw(RawImage raw, string field) => new(
        raw.Width,
        raw.Height,
        raw.Stride,
        raw.Format switch
        {
            PixelFormat.Rgb24 => Imaging.Pixels.PixelFormat.Rgb24,
            PixelFormat.Bgr24 => Imaging.Pixels.PixelFormat.Bgr24,
            PixelFormat.Rgba32 => Imaging.Pixels.PixelFormat.Rgba32,
            PixelFormat.Bgra32 => Imaging.Pixels.PixelFormat.Bgra32,
            PixelFormat.Gray8 => Imaging.Pixels.PixelFormat.Gray8,
            PixelFormat.Nv12 => Imaging.Pixels.PixelFormat.Nv12,
            PixelFormat.I420 => Imaging.Pixels.PixelFormat.I420,
            PixelFormat.P010 => Imaging.Pixels.PixelFormat.P010,
            PixelFormat.Yuy2 => Imaging.Pixels.PixelFormat.Yuy2,
            PixelFormat.Uyvy => Imaging.Pixels.PixelFormat.Uyvy,
            PixelFormat.Bgr0 => Imaging.Pixels.PixelFormat.Bgr0,
            PixelFormat.Unspecified => throw Missing($"{field}.format", "The format of raw pixels is required."),
            var other => throw Unknown($"{field}.format", other),
        },
        raw.ColorMatrix switch
        {
            ColorMatrix.Unspecified or ColorMatrix.Bt601 => Imaging.Pixels.ColorMatrix.Bt601,
            ColorMatrix.Bt709 => Imaging.Pixels.ColorMatrix.Bt709,
            ColorMatrix.Bt2020 => Imaging.Pixels.ColorMatrix.Bt2020,
            var other => throw Unknown($"{field}.color_matrix", other),
        },
        raw.Data.Memory,
        raw.ColorRange switch
        {
            ColorRange.Unspecified or ColorRange.Limited => Imaging.Pixels.ColorRange.Limited,
            ColorRange.Full => Imaging.Pixels.ColorRange.Full,
            var other => throw Unknown($"{field}.color_range", other),
        },
        Orientation.OfRotation(raw.RotationDegrees) ?? throw Invalid(
            $"{field}.rotation_degrees",
            $"{raw.RotationDegrees} degrees is not a valid rotation; use 0, 90, 180 or 270."));
}
