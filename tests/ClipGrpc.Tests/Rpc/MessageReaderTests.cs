using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Budget;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.Tests.Rpc;

public sealed class MessageReaderTests
{
    private const int MaxMessage = 1 << 20;
    private const int StreamWindow = 1_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan MessageTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryBudget _budget = new(0, MaxMessage);
    private readonly Pipe _body = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly DefaultHttpContext _context = new();

    public MessageReaderTests()
    {
        _context.Features.Set<IRequestBodyPipeFeature>(new Body(_body.Reader));
        _context.Features.Set(new ConnectionOrigin(Listener.Grpc, new IPEndPoint(IPAddress.Loopback, 1)));
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_PrefixArrived_ReservesTheMessageBeforeTheRestIsRead()
    {
        var reader = Create();
        var frame = Frame(new byte[100_000]);
        await _body.Writer.WriteAsync(frame.AsMemory(0, 5));

        var read = reader.ReadAsync().AsTask();

        await UntilAsync(() => _budget.Messages.Used == MemoryBudget.CostOf(100_000));
        Assert.False(read.IsCompleted);
        reader.End();
        Assert.Equal(0, _budget.Messages.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_MessageInPieces_IsDeliveredWholeAndTheNextOneApart()
    {
        var reader = Create();
        var first = Frame(new EmbedRequest { Inputs = { ImageInput("cat.jpg") } }.ToByteArray());
        var second = Frame(new EmbedRequest { Model = "m" }.ToByteArray());
        var read = reader.ReadAsync().AsTask();
        foreach (var piece in ((byte[])[.. first, .. second]).Chunk(1_000))
            await _body.Writer.WriteAsync(piece);
        await _body.Writer.CompleteAsync();

        Assert.Equal(first, await TakeAsync(reader, read));
        Assert.Equal(second, await TakeAsync(reader, reader.ReadAsync().AsTask()));
        var end = await reader.ReadAsync().AsTask().WaitAsync(Limit);
        Assert.True(end.IsCompleted && end.Buffer.IsEmpty);
    }

    [Fact(Timeout = 30_000)]
    public async Task AdvanceTo_MessageParsed_KeepsWhatItsObjectsTakeUntilTheyAreGivenBack()
    {
        var reader = Create();
        await _body.Writer.WriteAsync(Frame(new byte[] { 0x0a, 0x02, 0x61, 0x62 }));
        await TakeAsync(reader, reader.ReadAsync().AsTask());

        var held = reader.Take();

        Assert.InRange(held.Bytes, 1, MemoryBudget.CostOf(4) - 1);
        Assert.Equal(held.Bytes, _budget.Messages.Used);
        reader.Return(held);
        Assert.Equal(0, _budget.Messages.Used);
        reader.End();
        Assert.Equal(0, _budget.Messages.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_NextMessageOfAStream_FreesWhatNobodyTook()
    {
        var reader = Create();
        await _body.Writer.WriteAsync(Frame([0x0a, 0x01, 0x61]));
        await TakeAsync(reader, reader.ReadAsync().AsTask());
        Assert.NotEqual(0, _budget.Messages.Used);

        var read = reader.ReadAsync();

        Assert.False(read.IsCompleted);
        Assert.Equal(0, _budget.Messages.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task End_MemoryIsTaken_GivesItBackOnce()
    {
        var reader = Create(isUnary: true);
        await _body.Writer.WriteAsync(Frame([0x0a, 0x01, 0x61]));
        await TakeAsync(reader, reader.ReadAsync().AsTask());
        var held = reader.Take();

        reader.End();
        reader.Return(held);

        Assert.Equal(0, _budget.Messages.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_NoRoom_ReadsNothingOfAStreamUntilThereIs()
    {
        Assert.True(_budget.Messages.TryReserve(_budget.Messages.Capacity, SizeClass.Small));
        var reader = Create();
        var frame = Frame(new byte[] { 0x0a, 0x01, 0x61 });
        await _body.Writer.WriteAsync(frame);

        var read = reader.ReadAsync().AsTask();

        await UntilAsync(() => _budget.Messages.Waiting == 1);
        _time.Advance(MessageTimeout * 10); // its caller is not to blame
        Assert.False(read.IsCompleted);
        _budget.Messages.Release(_budget.Messages.Capacity, SizeClass.Small);
        Assert.Equal(frame, await TakeAsync(reader, read));
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_NoRoomForAUnaryCall_IsResourceExhaustedWithATimeToRetry()
    {
        Assert.True(_budget.Messages.TryReserve(_budget.Messages.Capacity, SizeClass.Small));
        var reader = Create(isUnary: true);
        await _body.Writer.WriteAsync(Frame([0x0a, 0x01, 0x61]));
        var read = reader.ReadAsync().AsTask();
        await UntilAsync(() => _budget.Messages.Waiting == 1);

        _time.Advance(MaxWait);

        var error = await Assert.ThrowsAsync<RpcException>(() => read.WaitAsync(Limit));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.NotNull(error.Trailers.GetValue("grpc-retry-pushback-ms"));
        reader.End();
        Assert.Equal(_budget.Messages.Capacity, _budget.Messages.Used);
        Assert.Equal(0, _budget.Messages.Waiting);
    }

    /// <summary>The messages of a connection that have their memory need its window to be completed.</summary>
    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_WaitingMessagesWouldFillTheConnectionsWindow_IsRefused()
    {
        Assert.True(_budget.Messages.TryReserve(_budget.Messages.Capacity, SizeClass.Small));
        await _body.Writer.WriteAsync(Frame(new byte[5_000]));
        var origin = _context.Features.Get<ConnectionOrigin>()!;
        Assert.True(origin.TryWait(StreamWindow + 1, 2 * StreamWindow));

        var error = await Assert.ThrowsAsync<RpcException>(() => Create().ReadAsync().AsTask().WaitAsync(Limit));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(0, _budget.Messages.Waiting);
        Assert.True(origin.TryWait(StreamWindow - 1, 2 * StreamWindow));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10_000)]
    public async Task ReadAsync_RestOfAMessageDoesNotArrive_IsInvalidAndFreesItsMemory(int sent)
    {
        var reader = Create();
        await _body.Writer.WriteAsync(Frame(new byte[100_000]).AsMemory(0, sent));
        var read = reader.ReadAsync().AsTask();

        for (var i = 0; i < 3; i++) // what came before the first period counts in it
            _time.Advance(MessageTimeout);

        var error = await Assert.ThrowsAsync<RpcException>(() => read.WaitAsync(Limit));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("not completed in time", error.Status.Detail);
        reader.End();
        Assert.Equal(0, _budget.Messages.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_AnEighthArrivesInTime_GoesOnUntilTheMessageIsThere()
    {
        // A write ends when the reader has looked at its bytes.
        var body = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        _context.Features.Set<IRequestBodyPipeFeature>(new Body(body.Reader));
        var reader = Create();
        var frame = Frame(new EmbedRequest { Inputs = { ImageInput("cat.jpg") } }.ToByteArray());
        var read = reader.ReadAsync().AsTask();
        var pieces = frame.Chunk((frame.Length / 7) + 1).ToArray();
        foreach (var piece in pieces[..^1])
        {
            await body.Writer.WriteAsync(piece).AsTask().WaitAsync(Limit);
            _time.Advance(MessageTimeout * 0.9);
        }

        var last = body.Writer.WriteAsync(pieces[^1]);

        Assert.Equal(frame, await TakeAsync(reader, read));
        await last.AsTask().WaitAsync(Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_BetweenMessagesOfAStream_WaitsWithoutAnEnd()
    {
        var reader = Create();
        await _body.Writer.WriteAsync(Frame([0x0a, 0x01, 0x61]));
        await TakeAsync(reader, reader.ReadAsync().AsTask());
        var read = reader.ReadAsync().AsTask();

        _time.Advance(MessageTimeout * 100);

        Assert.False(read.IsCompleted);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task ReadAsync_Compressed_IsDeliveredDecompressedAndReservedAtItsSize(string encoding)
    {
        _context.Request.Headers["grpc-encoding"] = encoding;
        var message = new EmbedRequest { Inputs = { Sentence(new string('a', 50_000)) } }.ToByteArray();
        var reader = Create(isUnary: true);
        await _body.Writer.WriteAsync(Frame(Compress(message, encoding), flag: 1));
        await _body.Writer.CompleteAsync();

        var read = await reader.ReadAsync().AsTask().WaitAsync(Limit);

        Assert.Equal(Frame(message), read.Buffer.ToArray());
        Assert.Equal(MemoryBudget.CostOf(message.Length), _budget.Messages.Used);
        Assert.Equal(0, _budget.Compressed.Used);
        reader.AdvanceTo(read.Buffer.End);
        Assert.True((await reader.ReadAsync().AsTask().WaitAsync(Limit)).IsCompleted);
        reader.End();
        Assert.Equal(0, _budget.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_DecompressedOverTheLimit_IsRefusedBeforeAnyOfItIsKept()
    {
        _context.Request.Headers["grpc-encoding"] = "gzip";
        var reader = Create();
        await _body.Writer.WriteAsync(Frame(Compress(new byte[MaxMessage + 1], "gzip"), flag: 1));

        var error = await Assert.ThrowsAsync<RpcException>(() => reader.ReadAsync().AsTask().WaitAsync(Limit));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(0, _budget.Messages.TakePeak());
        reader.End();
        Assert.Equal(0, _budget.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_NoRoomForTheDecompressedMessage_WaitsWithoutItsCompressedMemoryBeingLost()
    {
        _context.Request.Headers["grpc-encoding"] = "gzip";
        Assert.True(_budget.Messages.TryReserve(_budget.Messages.Capacity, SizeClass.Small));
        var message = new EmbedRequest { Inputs = { Sentence(new string('a', 50_000)) } }.ToByteArray();
        var compressed = Compress(message, "gzip");
        var reader = Create();
        await _body.Writer.WriteAsync(Frame(compressed, flag: 1));
        var read = reader.ReadAsync().AsTask();
        await UntilAsync(() => _budget.Messages.Waiting == 1);
        Assert.Equal(compressed.Length, _budget.Compressed.Used);

        _budget.Messages.Release(_budget.Messages.Capacity, SizeClass.Small);

        Assert.Equal(Frame(message), (await read.WaitAsync(Limit)).Buffer.ToArray());
        Assert.Equal(0, _budget.Compressed.Used);
        reader.End();
        Assert.Equal(0, _budget.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReadAsync_TooManyItems_IsInvalidBeforeTheFrameworkSeesThem()
    {
        var reader = Create();
        await _body.Writer.WriteAsync(
            Frame([.. Enumerable.Repeat<byte[]>([0x12, 0x00], 300).SelectMany(item => item)]));

        var error = await Assert.ThrowsAsync<RpcException>(() => reader.ReadAsync().AsTask().WaitAsync(Limit));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("inputs: There are 300", error.Status.Detail);
        reader.End();
        Assert.Equal(0, _budget.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReserveResponseAsync_NoRoom_IsResourceExhaustedAfterTheWait()
    {
        var share = _budget.Responses;
        Assert.True(share.TryReserve(share.Capacity, SizeClass.Small));
        var reader = Create(isUnary: true);
        var reserving = reader.ReserveResponseAsync(1_000).AsTask();
        Assert.False(reserving.IsCompleted);

        _time.Advance(MaxWait);

        var error = await Assert.ThrowsAsync<RpcException>(() => reserving.WaitAsync(Limit));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        share.Release(share.Capacity, SizeClass.Small);
        await reader.ReserveResponseAsync(1_000).AsTask().WaitAsync(Limit);
        Assert.Equal(4_000, share.Used);
        reader.End();
        Assert.Equal(0, share.Used);
    }

    /// <summary>The largest response must be possible, even where the share is smaller than what it takes.</summary>
    [Fact(Timeout = 30_000)]
    public async Task ReserveResponseAsync_MoreThanTheShare_TakesWhatALargeOneCanHave()
    {
        var reader = Create(isUnary: true);

        await reader.ReserveResponseAsync(100 * MaxMessage).AsTask().WaitAsync(Limit);

        Assert.Equal(_budget.Responses.Largest, _budget.Responses.Used);
        Assert.True(reader.HasLargeResponse);
        reader.End();
        Assert.Equal(0, _budget.Used);
    }

    private static byte[] Compress(byte[] message, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(message);
        }

        return compressed.ToArray();
    }

    private static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static async Task<byte[]> TakeAsync(MessageReader reader, Task<ReadResult> reading)
    {
        var read = await reading.WaitAsync(Limit);
        var bytes = read.Buffer.ToArray();
        reader.AdvanceTo(read.Buffer.End);
        return bytes;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private MessageReader Create(bool isUnary = false) => new(
        _context,
        "/clipgrpc.v1.ClipService/Embed",
        isUnary,
        new MessageScan(
            EmbedRequest.Descriptor, new Dictionary<string, int> { ["clipgrpc.v1.EmbedRequest.inputs"] = 256 }),
        new MessageSettings(
            _budget, MaxMessage, MaxWait, MessageTimeout, StreamWindow, 2 * StreamWindow,
            new MessageDecompression(1), NullLogger.Instance, _time));

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
