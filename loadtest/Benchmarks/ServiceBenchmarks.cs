using BenchmarkDotNet.Attributes;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.V1;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;

namespace ClipGrpc.Benchmarks;

/// <summary>
/// One call through the whole service with an empty model, and through a bare gRPC service: client and server in this
/// process, so the allocated bytes are of both. The difference of the two is the service's own.
/// </summary>
public class ServiceBenchmarks
{
    private readonly EmbedRequest _request = new()
    {
        Inputs =
        {
            new Input
            {
                Image = new Image
                {
                    Raw = new RawImage
                    {
                        Width = EmptyModelLoader.ImageSize,
                        Height = EmptyModelLoader.ImageSize,
                        Format = PixelFormat.Rgb24,
                        Data = ByteString.CopyFrom(
                            new byte[EmptyModelLoader.ImageSize * EmptyModelLoader.ImageSize * 3]),
                    },
                },
            },
        },
    };

    private WebApplication? _app;
    private Connections? _connections;

    [Params("Echo", "Empty")]
    public string Kind { get; set; } = "";

    [GlobalSetup]
    public async Task SetUp()
    {
        (_app, var addresses) = await MeasuredHost.StartAsync(
            Enum.Parse<ServerKind>(Kind), new Dictionary<string, string?>(), CancellationToken.None);
        _connections = new Connections(addresses.Grpc, 1);
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        _connections?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
    }

    [Benchmark]
    public async Task<EmbedResponse> Call() => await _connections![0].EmbedAsync(_request);
}
