using System.Globalization;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Cameras;

/// <summary>One stream with the frames of some of the cameras.</summary>
internal sealed class CameraStream(
    ClipService.ClipServiceClient client, CameraLoad load, IReadOnlyList<int> cameras, CameraCount count,
    TimeProvider time)
{
    /// <summary>Different frames, so that no two in a row are the same.</summary>
    private const int Images = 8;

    private static readonly string[] Labels =
    [
        "a person", "a car", "a truck", "a bicycle", "a dog", "a cat", "an empty street", "an open door", "rain",
        "fire",
    ];

    private readonly ByteString[] _images = [.. Enumerable.Range(0, Images).Select(i => NoiseOf(load.Side, i))];

    /// <summary>Ends when all frames have their responses.</summary>
    /// <param name="start">A timestamp of the time provider.</param>
    public async Task RunAsync(long start, CancellationToken cancellationToken)
    {
        using var call = client.ClassifyStream(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(Configuration(), cancellationToken);
        var receiving = ReceiveAsync(call.ResponseStream, start, cancellationToken);
        try
        {
            await SendAsync(call.RequestStream, start, cancellationToken);
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The call has ended; its status comes with the responses.
        }

        await receiving;
    }

    private async Task SendAsync(
        IClientStreamWriter<ClassifyStreamRequest> requests, long start, CancellationToken cancellationToken)
    {
        for (var number = 0; number < load.FramesPerCamera; number++)
        {
            foreach (var camera in cameras)
            {
                var taken = load.TimeOf(camera, number);
                await OpenLoop.WaitUntilAsync(start + time.ToTimestamp(taken), time, cancellationToken);
                var request = Frame(camera, number, taken);
                await requests.WriteAsync(request, cancellationToken);
                if (taken >= load.WarmUp)
                    count.AddSent(request.CalculateSize(), time.GetElapsedTime(start) - taken);
            }
        }

        await requests.CompleteAsync();
    }

    private async Task ReceiveAsync(
        IAsyncStreamReader<ClassifyStreamResponse> responses, long start, CancellationToken cancellationToken)
    {
        await foreach (var response in responses.ReadAllAsync(cancellationToken))
        {
            var camera = int.Parse(response.SourceId, CultureInfo.InvariantCulture);
            var taken = load.TimeOf(camera, (int)response.FrameId);
            if (taken >= load.WarmUp)
                count.AddResponse(camera, response, time.GetElapsedTime(start) - taken);
        }
    }

    private ClassifyStreamRequest Configuration() => new()
    {
        Config = new ClassifyStreamConfig
        {
            Model = load.Model,
            LabelSet = new LabelSet { Labels = { Labels } },
            DropPolicy = load.Policy,
            StaticThreshold = load.StaticThreshold,
        },
    };

    private ClassifyStreamRequest Frame(int camera, int number, TimeSpan taken) => new()
    {
        Frame = new Frame
        {
            FrameId = (ulong)number,
            TimestampUs = (long)taken.TotalMicroseconds,
            SourceId = camera.ToString(CultureInfo.InvariantCulture),
            Image = new Image
            {
                Raw = new RawImage
                {
                    Width = (uint)load.Side,
                    Height = (uint)load.Side,
                    Format = PixelFormat.Rgb24,
                    Data = _images[number % Images],
                },
            },
        },
    };

    /// <summary>Random pixels, so that no two images are alike.</summary>
    private static ByteString NoiseOf(int side, int seed)
    {
        var pixels = new byte[side * side * 3];
        new Random(seed).NextBytes(pixels);
        return UnsafeByteOperations.UnsafeWrap(pixels);
    }
}
