using System.Buffers;
using ClipGrpc.Server.Rpc;
using ClipGrpc.V1;
using Google.Protobuf;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.Tests.Rpc;

public sealed class MessageScanTests
{
    private static readonly Dictionary<string, int> Limits = new()
    {
        ["clipgrpc.v1.EmbedRequest.inputs"] = 4,
        ["clipgrpc.v1.LabelSet.labels"] = 3,
        ["clipgrpc.v1.LabelSet.templates"] = 2,
    };

    [Fact]
    public void Run_AsManyAsAllowed_SaysWhatTheyTake()
    {
        var request = new EmbedRequest
        {
            Model = "m",
            Inputs = { Sentence("a"), new Input(), ImageInput("cat.jpg"), new Input { Image = Raw(30, 20, 1, 2, 3) } },
        };

        var bytes = Scan(request);

        Assert.InRange(bytes, request.CalculateSize() - 100, request.CalculateSize() + 2_000);
    }

    [Fact]
    public void Run_EmptyItems_AreCountedWithoutAllocating()
    {
        byte[] bomb = [.. Enumerable.Repeat<byte[]>([0x12, 0x00], 16_384).SelectMany(item => item)];
        var scan = new MessageScan(EmbedRequest.Descriptor, Limits);
        var message = new ReadOnlySequence<byte>(bomb);
        Assert.ThrowsAny<ClipException>(() => scan.Run(message));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Record.Exception(() => scan.Run(message));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(ClipErrorCode.InvalidInput, Assert.IsType<ClipException>(error).Code);
        Assert.Equal("inputs: There are 16,384; at most 4 are accepted.", error.Message);
        Assert.InRange(allocated, 0, 20_000); // the exception
    }

    [Fact]
    public void Run_ValidMessage_AllocatesNothing()
    {
        var scan = new MessageScan(EmbedRequest.Descriptor, Limits);
        var message = new ReadOnlySequence<byte>(new EmbedRequest { Inputs = { Sentence("a cat") } }.ToByteArray());
        scan.Run(message);

        var before = GC.GetAllocatedBytesForCurrentThread();
        scan.Run(message);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>The parser merges all occurrences of a message field, and so do the counts.</summary>
    [Fact]
    public void Run_NestedElementsInSeveralParts_AreCountedTogether()
    {
        var part = new CreateLabelSetRequest { LabelSet = Labels("a", "b") }.ToByteArray();

        var error = Assert.Throws<ClipException>(
            () => Scan<CreateLabelSetRequest>([.. part, .. part]));

        Assert.Equal("label_set.labels: There are 4; at most 3 are accepted.", error.Message);
    }

    [Fact]
    public void Run_TemplatesOfAStreamsConfiguration_AreCounted()
    {
        var request = new ClassifyStreamRequest
        {
            Config = new ClassifyStreamConfig { LabelSet = new LabelSet { Templates = { "a", "b", "c" } } },
        };

        var error = Assert.Throws<ClipException>(() => Scan<ClassifyStreamRequest>(request.ToByteArray()));

        Assert.StartsWith("config.label_set.templates: There are 3", error.Message);
    }

    [Theory]
    [InlineData(new byte[] { 0xF8, 0x07, 0x01 })] // a number
    [InlineData(new byte[] { 0xFA, 0x07, 0x00 })] // empty bytes
    [InlineData(new byte[] { 0xFB, 0x07, 0xFC, 0x07 })] // a group
    [InlineData(new byte[] { 0x10, 0x01 })] // inputs as a number
    [InlineData(new byte[] { 0x1A, 0x03, 0xF8, 0x07, 0x01 })] // within the options
    public void Run_ManyUnknownFields_AreRefused(byte[] field)
    {
        Scan<EmbedRequest>([.. Enumerable.Repeat(field, 500).SelectMany(part => part)]);

        var error = Assert.Throws<ClipException>(
            () => Scan<EmbedRequest>([.. Enumerable.Repeat(field, 1_001).SelectMany(part => part)]));

        Assert.Contains("unknown fields", error.Message);
    }

    /// <summary>What it says a message takes must be what the parser makes of it, or more.</summary>
    [Fact]
    public void Run_TextOnly_CountsItAsUtf16()
    {
        var bytes = Scan(new EmbedRequest { Inputs = { Sentence(new string('a', 10_000)) } });

        Assert.InRange(bytes, 20_000, 21_000);
    }

    /// <summary>The parser refuses these, whatever the scan makes of them.</summary>
    [Theory]
    [InlineData(new byte[] { 0x0f, 0x01 })]
    [InlineData(new byte[] { 0x0c })]
    [InlineData(new byte[] { 0x00, 0x01 })]
    [InlineData(new byte[] { 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f })]
    [InlineData(new byte[] { 0x0a, 0x7f, 0x61 })]
    [InlineData(new byte[] { 0x12, 0x03, 0x0a, 0x7f, 0x61 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xFB, 0x07 })]
    [InlineData(new byte[] { 0x12, 0x02, 0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 })]
    [InlineData(new byte[] { 0x12, 0x02, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 0x61, 0x61 })]
    public void Run_NotProtocolBuffers_IsLeftToTheParser(byte[] message)
    {
        Scan<EmbedRequest>(message);

        Assert.Throws<InvalidProtocolBufferException>(() => EmbedRequest.Parser.ParseFrom(message));
    }

    [Fact]
    public void Run_AnyPieces_FindsTheSame()
    {
        byte[] message = [.. new EmbedRequest { Model = "m", Inputs = { Sentence("a"), Sentence("b") } }.ToByteArray()];
        var whole = Scan<EmbedRequest>(message);
        var scan = new MessageScan(EmbedRequest.Descriptor, Limits);

        for (var cut = 1; cut < message.Length; cut++)
            Assert.Equal(whole, scan.Run(Pieces.Of(message[..cut], message[cut..])));
    }

    [Fact]
    public void Run_RandomBytes_NeverFailsOtherwise()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var message = new byte[random.Next(60)];
            random.NextBytes(message);
            var error = Record.Exception(() => Scan<EmbedRequest>(message));
            Assert.True(error is null or ClipException, $"{Convert.ToHexString(message)}: {error}");
        }
    }

    private static long Scan<T>(T message) where T : IMessage<T>, new() => Scan<T>(message.ToByteArray());

    private static long Scan<T>(byte[] message) where T : IMessage<T>, new() =>
        new MessageScan(new T().Descriptor, Limits).Run(new ReadOnlySequence<byte>(message));
}
