using System.IO.Compression;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static ClipGrpc.FunctionalTests.Server.RawGrpcClient;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>
/// Calls that no gRPC library makes: each is refused with the status of the contract, counted, and costs one debug line
/// and no error line.
/// </summary>
public sealed class MalformedCallTests : IAsyncLifetime
{
    private readonly LogRecorder _log = new();
    private RunningServer _server = null!;
    private RawGrpcClient _raw = null!;

    public static TheoryData<string, string, StatusCode> Messages
    {
        get
        {
            var cases = new TheoryData<string, string, StatusCode>();
            foreach (var rpc in new[] { "Embed", "EmbedStream", "ClassifyStream" })
            {
                cases.Add(rpc, "text that is not UTF-8", StatusCode.InvalidArgument);
                cases.Add(rpc, "wire type 7", StatusCode.InvalidArgument);
                cases.Add(rpc, "end of a group that did not begin", StatusCode.InvalidArgument);
                cases.Add(rpc, "tag 0", StatusCode.InvalidArgument);
                cases.Add(rpc, "field of 4 GiB", StatusCode.InvalidArgument);
                cases.Add(rpc, "field beyond the message", StatusCode.InvalidArgument);
                cases.Add(rpc, "message of 4 GiB", StatusCode.ResourceExhausted);
                cases.Add(rpc, "message of 1 GiB", StatusCode.ResourceExhausted);
                cases.Add(rpc, "gzip that is none", StatusCode.InvalidArgument);
                cases.Add(rpc, "gzip cut off", StatusCode.InvalidArgument);
                cases.Add(rpc, "gzip of 256 MiB", StatusCode.ResourceExhausted);
                cases.Add(rpc, "compression flag 2", StatusCode.InvalidArgument);
                cases.Add(rpc, "compression flag 255", StatusCode.InvalidArgument);
                cases.Add(rpc, "compressed without grpc-encoding", StatusCode.Internal);
                cases.Add(rpc, "compressed with an unknown algorithm", StatusCode.Unimplemented);
                cases.Add(rpc, "prefix cut off", StatusCode.InvalidArgument);
                cases.Add(rpc, "message cut off", StatusCode.InvalidArgument);
            }

            cases.Add("Embed", "16,384 empty inputs", StatusCode.InvalidArgument);
            cases.Add("Embed", "16,384 empty inputs in gzip", StatusCode.InvalidArgument);
            cases.Add("EmbedStream", "16,384 unknown fields", StatusCode.InvalidArgument);
            cases.Add("Embed", "no message", StatusCode.InvalidArgument);
            cases.Add("Embed", "two messages", StatusCode.InvalidArgument);
            cases.Add("Embed", "bytes after the message", StatusCode.InvalidArgument);
            return cases;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync(
            new() { ["Logging:LogLevel:Default"] = "Debug" },
            builder => builder.Services.AddSingleton<ILoggerProvider>(_log));
        _raw = new RawGrpcClient(_server.GrpcAddress);
        _log.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _raw.Dispose();
        await _server.DisposeAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Call_MalformedMessage_IsRefusedCountedAndLoggedOnceAtDebug()
    {
        var good = Frame(new EmbedRequest { Inputs = { Sentence("a cat") } }.ToByteArray());
        foreach (var (rpc, name, expected) in Messages.Select(row => row.Data))
        {
            var before = await _server.CountCallsAsync(rpc, expected);
            _log.Clear();

            var (status, detail) = await CallAsync(rpc, name);

            Assert.True(expected == status, $"{rpc}, {name}: {status} ({detail})");
            Assert.False(string.IsNullOrEmpty(detail), $"{rpc}, {name}: no detail");
            Assert.DoesNotContain("Exception", detail);
            Assert.True(before + 1 == await _server.CountCallsAsync(rpc, expected), $"{rpc}, {name}: not counted");
            AssertOneDebugLine($"{rpc}, {name}");
            Assert.Equal(StatusCode.OK, (await _raw.CallAsync("Embed", good)).Status);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("0S", StatusCode.DeadlineExceeded)]
    [InlineData("0n", StatusCode.DeadlineExceeded)]
    [InlineData("00000000H", StatusCode.DeadlineExceeded)]
    [InlineData("1n", StatusCode.DeadlineExceeded)]
    [InlineData("99n", StatusCode.DeadlineExceeded)]
    [InlineData("1u", StatusCode.DeadlineExceeded)]
    [InlineData("abc", StatusCode.InvalidArgument)]
    [InlineData("-1S", StatusCode.InvalidArgument)]
    [InlineData("+1S", StatusCode.InvalidArgument)]
    [InlineData("1.5S", StatusCode.InvalidArgument)]
    [InlineData("99999999999S", StatusCode.InvalidArgument)]
    [InlineData("1X", StatusCode.InvalidArgument)]
    [InlineData("1s", StatusCode.InvalidArgument)]
    [InlineData("1", StatusCode.InvalidArgument)]
    [InlineData("S", StatusCode.InvalidArgument)]
    [InlineData("1S,1S", StatusCode.InvalidArgument)]
    public async Task Call_TimeoutPassedOrNotValid_RunsNoWork(string timeout, StatusCode expected)
    {
        var request = Frame(new EmbedRequest { Inputs = { Sentence("a cat") } }.ToByteArray());
        var stream = Frame(new EmbedStreamRequest { Input = Sentence("a cat") }.ToByteArray());
        foreach (var (rpc, body) in new[] { ("Embed", request), ("EmbedStream", stream) })
        {
            _log.Clear();
            var (status, detail) = await _raw.CallAsync(rpc, body, ("grpc-timeout", timeout));

            Assert.True(expected == status, $"{rpc}: {status} ({detail})");
            Assert.DoesNotContain(_log.Records, record => record.Level >= LogLevel.Warning);
            if (expected == StatusCode.InvalidArgument)
                Assert.StartsWith("grpc-timeout:", detail);
            await _server.WhenCallsAsync(rpc, expected, 1);
        }

        Assert.DoesNotContain("clip_items_total{model", await _server.Http.GetStringAsync("/metrics"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Embed")]
    [InlineData("EmbedStream")]
    public async Task Call_CallerLeavesDuringItsUpload_IsCountedAsCancelledAndLogsNothing(string rpc)
    {
        for (var count = 1; count <= 20; count++)
        {
            var body = new UnfinishedContent([0, 0, 0, 1, 0, 0]);
            using var leaving = new CancellationTokenSource();
            var call = _raw.CallAsync(rpc, body, leaving.Token);
            await body.Started.WaitAsync(RunningServer.Limit);
            await _server.WhenOpenAsync(rpc);

            await leaving.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            await _server.WhenCallsAsync(rpc, StatusCode.Cancelled, count);
        }

        Assert.DoesNotContain(_log.Records, record => record.Level >= LogLevel.Warning);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("30S")]
    [InlineData("99999999H")]
    [InlineData("60000m")]
    public async Task Call_TimeoutValid_IsAnswered(string timeout)
    {
        var request = Frame(new EmbedRequest { Inputs = { Sentence("a cat") } }.ToByteArray());

        Assert.Equal(StatusCode.OK, (await _raw.CallAsync("Embed", request, ("grpc-timeout", timeout))).Status);
    }

    private Task<(StatusCode Status, string Detail)> CallAsync(string rpc, string name)
    {
        var valid = (rpc switch
        {
            "Embed" => (IMessage)new EmbedRequest { Inputs = { Sentence("a cat") } },
            "EmbedStream" => new EmbedStreamRequest { Input = Sentence("a cat") },
            _ => new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSet = Labels("cat") } },
        }).ToByteArray();
        var gzip = ("grpc-encoding", "gzip");
        return name switch
        {
            "text that is not UTF-8" => _raw.CallAsync(rpc, Frame(rpc switch
            {
                "Embed" => [0x0a, 0x02, 0x6f, 0x63, 0x12, 0x04, 0x12, 0x02, 0xff, 0xfe],
                "EmbedStream" => [0x1a, 0x04, 0x12, 0x02, 0xff, 0xfe],
                _ => [0x0a, 0x04, 0x0a, 0x02, 0xff, 0xfe],
            })),
            "wire type 7" => _raw.CallAsync(rpc, Frame([0x0f, 0x01])),
            "end of a group that did not begin" => _raw.CallAsync(rpc, Frame([0x0c])),
            "tag 0" => _raw.CallAsync(rpc, Frame([0x00, 0x01])),
            "field of 4 GiB" => _raw.CallAsync(rpc, Frame([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])),
            "field beyond the message" => _raw.CallAsync(rpc, Frame([0x0a, 0x7f, 0x61])),
            "message of 4 GiB" => _raw.CallAsync(rpc, Frame(valid, length: uint.MaxValue)),
            "message of 1 GiB" => _raw.CallAsync(rpc, Frame(valid, length: 1 << 30)),
            "gzip that is none" => _raw.CallAsync(rpc, Frame(valid, flag: 1), gzip),
            "gzip cut off" => _raw.CallAsync(rpc, Frame(Compress(valid)[..^12], flag: 1), gzip),
            "gzip of 256 MiB" => _raw.CallAsync(rpc, Frame(Compress(new byte[256 << 20]), flag: 1), gzip),
            "compression flag 2" => _raw.CallAsync(rpc, Frame(valid, flag: 2)),
            "compression flag 255" => _raw.CallAsync(rpc, Frame(valid, flag: 255), gzip),
            "compressed without grpc-encoding" => _raw.CallAsync(rpc, Frame(Compress(valid), flag: 1)),
            "compressed with an unknown algorithm" =>
                _raw.CallAsync(rpc, Frame(Compress(valid), flag: 1), ("grpc-encoding", "zstd")),
            "prefix cut off" => _raw.CallAsync(rpc, [0, 0, 0]),
            "message cut off" => _raw.CallAsync(rpc, Frame(valid)[..^1]),
            "16,384 empty inputs" => _raw.CallAsync(rpc, Frame(Repeat(0x12, 0x00))),
            "16,384 empty inputs in gzip" => _raw.CallAsync(rpc, Frame(Compress(Repeat(0x12, 0x00)), flag: 1), gzip),
            "16,384 unknown fields" => _raw.CallAsync(rpc, Frame(Repeat(0x78, 0x00))),
            "no message" => _raw.CallAsync(rpc, []),
            "two messages" => _raw.CallAsync(rpc, [.. Frame(valid), .. Frame(valid)]),
            "bytes after the message" => _raw.CallAsync(rpc, [.. Frame(valid), 7]),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };
    }

    private static byte[] Repeat(params byte[] item) =>
        [.. Enumerable.Repeat(item, 16_384).SelectMany(part => part)];

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return compressed.ToArray();
    }

    private void AssertOneDebugLine(string name)
    {
        var records = _log.Records;
        var loud = records.Where(record => record.Level >= LogLevel.Information);
        Assert.True(!loud.Any(), $"{name}: {string.Join("\n", loud)}");
        var line = Assert.Single(
            records, record => record.Level == LogLevel.Debug && record.Category.StartsWith("ClipGrpc"));
        Assert.Null(line.Exception);
        Assert.InRange(line.Text.Length, 1, 400);
    }
}
