using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Soak;

/// <summary>
/// What a server meets in its life: valid calls of every kind, and calls that are wrong in every way.
/// </summary>
internal static class SoakWorkloads
{
    // Caches are full before the measurement begins; what grows then is no cache.
    private const int Texts = 1_000;
    private const int LabelSets = 50;

    private const int TooLongText = 200_000;
    private const int CancelledImages = 16;

    /// <param name="requests">For the model that serves when they are asked for.</param>
    public static IReadOnlyList<SoakWorkload> Create(Func<Requests> requests, TimeProvider time)
    {
        var fixedModel = requests() with { Model = "" };
        return
        [
            new(Workloads.Embed("embed", number => requests().Embed(number)), 8, StatusCode.OK),
            new(Workloads.Embed("embed-16", number => requests().Embed(number, 16)), 1, StatusCode.OK),
            new(Workloads.Embed("embed-text", number => requests().EmbedText($"number {number % Texts}")), 8,
                StatusCode.OK),
            new(Classify("classify", number => requests().Classify(number)), 4, StatusCode.OK),
            new(Classify("new-labels", number => WithLabels(requests().Classify(number), number)), 1, StatusCode.OK),
            new(Workloads.Create("embed-stream", fixedModel, 1, time), 2, StatusCode.OK),
            new(Workloads.Create("classify-stream", fixedModel, 1, time), 2, StatusCode.OK),
            new(Workloads.Embed("cut-image", number => Cut(requests().Embed(number), number)), 2,
                StatusCode.InvalidArgument),
            new(Workloads.Embed("no-image", number => Noise(requests().Embed(number), number)), 2,
                StatusCode.InvalidArgument),
            new(Workloads.Embed("wrong-frame", number => WrongFrame(requests().Embed(number))), 1,
                StatusCode.InvalidArgument),
            new(Workloads.Embed("long-text", _ => requests().EmbedText(new string('a', TooLongText))), 1,
                StatusCode.InvalidArgument),
            new(Workloads.Embed("no-input", _ => new EmbedRequest { Model = requests().Model }), 1,
                StatusCode.InvalidArgument),
            new(Workloads.Embed("no-model", number => requests().Embed(number).WithModel("nobody")), 1,
                StatusCode.NotFound),
            new(Classify("no-labels", number => WithoutLabels(requests().Classify(number))), 1, StatusCode.NotFound),
            new(new ImpatientWorkload("cancelled", number => requests().Embed(number, CancelledImages), time), 2,
                StatusCode.OK, StatusCode.Cancelled),
        ];
    }

    private static UnaryWorkload<ClassifyRequest, ClassifyResponse> Classify(
        string name, Func<long, ClassifyRequest> request) => new(
        name, "Classify", request, (client, message, options) => client.ClassifyAsync(message, options),
        CallOutcome.Of);

    private static EmbedRequest WithModel(this EmbedRequest request, string model)
    {
        request.Model = model;
        return request;
    }

    private static ClassifyRequest WithLabels(ClassifyRequest request, long number)
    {
        request.LabelSet = new LabelSet
        {
            Labels = { $"thing {number % LabelSets}", $"animal {number % LabelSets}" },
        };
        return request;
    }

    private static ClassifyRequest WithoutLabels(ClassifyRequest request)
    {
        request.LabelSetId = "0123456789abcdef";
        return request;
    }

    private static EmbedRequest Cut(EmbedRequest request, long number)
    {
        var image = request.Inputs[0].Image;
        image.Encoded = ByteString.CopyFrom(image.Encoded.Span[..(int)(number * 97 % (image.Encoded.Length / 2))]);
        return request;
    }

    private static EmbedRequest Noise(EmbedRequest request, long number)
    {
        var bytes = new byte[1_000 + (number % 1_000)];
        new Random((int)number).NextBytes(bytes);
        request.Inputs[0].Image.Encoded = UnsafeByteOperations.UnsafeWrap(bytes);
        return request;
    }

    private static EmbedRequest WrongFrame(EmbedRequest request)
    {
        request.Inputs[0].Image = new Image
        {
            Raw = new RawImage
            {
                Width = 640,
                Height = 480,
                Format = PixelFormat.Rgb24,
                Data = UnsafeByteOperations.UnsafeWrap(new byte[1_000]),
            },
        };
        return request;
    }
}
