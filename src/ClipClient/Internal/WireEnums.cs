using Grpc.Health.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Maps the client's enums and those of the contract. What a caller passes must be defined; what a newer server sends
/// and this version does not know is <c>Unknown</c>.
/// </summary>
internal static class WireEnums
{
    public static V1.Priority ToWire(this Priority value) => value switch
    {
        Priority.Interactive => V1.Priority.Interactive,
        Priority.Bulk => V1.Priority.Bulk,
        _ => throw Undefined(value),
    };

    public static V1.LongText ToWire(this LongText value) => value switch
    {
        LongText.Truncate => V1.LongText.Truncate,
        LongText.Reject => V1.LongText.Reject,
        _ => throw Undefined(value),
    };

    public static V1.Emit ToWire(this VideoEmit value) => value switch
    {
        VideoEmit.EveryFrame => V1.Emit.EveryFrame,
        VideoEmit.Changes => V1.Emit.Changes,
        _ => throw Undefined(value),
    };

    public static V1.EmbeddingEncoding ToWire(this EmbeddingEncoding value) => value switch
    {
        EmbeddingEncoding.Float32 => V1.EmbeddingEncoding.Float32,
        EmbeddingEncoding.Float16 => V1.EmbeddingEncoding.Float16,
        _ => throw Undefined(value),
    };

    public static V1.Ordering ToWire(this Ordering value) => value switch
    {
        Ordering.Completion => V1.Ordering.Completion,
        Ordering.Input => V1.Ordering.Input,
        _ => throw Undefined(value),
    };

    public static V1.DropPolicy ToWire(this DropPolicy value) => value switch
    {
        DropPolicy.None => V1.DropPolicy.None,
        DropPolicy.Latest => V1.DropPolicy.Latest,
        _ => throw Undefined(value),
    };

    public static V1.AlphaMode ToWire(this AlphaMode value) => value switch
    {
        AlphaMode.Drop => V1.AlphaMode.Drop,
        AlphaMode.White => V1.AlphaMode.White,
        _ => throw Undefined(value),
    };

    public static V1.ColorMatrix ToWire(this ColorMatrix value) => value switch
    {
        ColorMatrix.Bt601 => V1.ColorMatrix.Bt601,
        ColorMatrix.Bt709 => V1.ColorMatrix.Bt709,
        ColorMatrix.Bt2020 => V1.ColorMatrix.Bt2020,
        _ => throw Undefined(value),
    };

    public static V1.ColorRange ToWire(this ColorRange value) => value switch
    {
        ColorRange.Limited => V1.ColorRange.Limited,
        ColorRange.Full => V1.ColorRange.Full,
        _ => throw Undefined(value),
    };

    public static V1.PixelFormat ToWire(this PixelFormat value) => value switch
    {
        PixelFormat.Rgb24 => V1.PixelFormat.Rgb24,
        PixelFormat.Bgr24 => V1.PixelFormat.Bgr24,
        PixelFormat.Rgba32 => V1.PixelFormat.Rgba32,
        PixelFormat.Bgra32 => V1.PixelFormat.Bgra32,
        PixelFormat.Gray8 => V1.PixelFormat.Gray8,
        PixelFormat.Nv12 => V1.PixelFormat.Nv12,
        PixelFormat.I420 => V1.PixelFormat.I420,
        PixelFormat.P010 => V1.PixelFormat.P010,
        PixelFormat.Yuy2 => V1.PixelFormat.Yuy2,
        PixelFormat.Uyvy => V1.PixelFormat.Uyvy,
        PixelFormat.Bgr0 => V1.PixelFormat.Bgr0,
        _ => throw Undefined(value),
    };

    public static ModelState FromWire(V1.ModelState value) => value switch
    {
        V1.ModelState.Loading => ModelState.Loading,
        V1.ModelState.Ready => ModelState.Ready,
        V1.ModelState.Draining => ModelState.Draining,
        V1.ModelState.Failed => ModelState.Failed,
        _ => ModelState.Unknown,
    };

    public static FrameDropReason FromWire(V1.DropReason value) => value switch
    {
        // Servers that do not report it drop frames for no other reason.
        V1.DropReason.Unspecified or V1.DropReason.NewerFrame => FrameDropReason.NewerFrame,
        V1.DropReason.MaxFps => FrameDropReason.MaxFps,
        V1.DropReason.MaxAge => FrameDropReason.MaxAge,
        _ => FrameDropReason.Other,
    };

    public static ResizeMode FromWire(V1.ResizeMode value) => value switch
    {
        V1.ResizeMode.ShortestEdge => ResizeMode.ShortestEdge,
        V1.ResizeMode.Squash => ResizeMode.Squash,
        _ => ResizeMode.Unknown,
    };

    public static ResizeFilter FromWire(V1.ResizeFilter value) => value switch
    {
        V1.ResizeFilter.Bicubic => ResizeFilter.Bicubic,
        V1.ResizeFilter.Bilinear => ResizeFilter.Bilinear,
        V1.ResizeFilter.Lanczos => ResizeFilter.Lanczos,
        V1.ResizeFilter.Box => ResizeFilter.Box,
        V1.ResizeFilter.Hamming => ResizeFilter.Hamming,
        _ => ResizeFilter.Unknown,
    };

    public static CropRounding FromWire(V1.CropRounding value) => value switch
    {
        V1.CropRounding.HalfEven => CropRounding.HalfEven,
        V1.CropRounding.Floor => CropRounding.Floor,
        _ => CropRounding.Unknown,
    };

    public static ServingStatus FromWire(HealthCheckResponse.Types.ServingStatus value) => value switch
    {
        HealthCheckResponse.Types.ServingStatus.Serving => ServingStatus.Serving,
        HealthCheckResponse.Types.ServingStatus.NotServing => ServingStatus.NotServing,
        HealthCheckResponse.Types.ServingStatus.ServiceUnknown => ServingStatus.ServiceUnknown,
        _ => ServingStatus.Unknown,
    };

    public static ErrorReason FromWire(V1.ErrorReason value) =>
        (ErrorReason)value is var reason && Enum.IsDefined(reason) ? reason : ErrorReason.Unknown;

    private static ArgumentException Undefined<T>(T value)
        where T : struct, Enum =>
        new($"{value} is not a value of {typeof(T).Name}; allowed are {string.Join(", ", Enum.GetNames<T>())}.");
}
