using ClipGrpc.LoadTest;
using ClipGrpc.LoadTest.Data;
using ClipGrpc.V1;
using Google.Protobuf;
using LoadRequests = ClipGrpc.LoadTest.Data.Requests;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class DelimitedMessagesTests
{
    private static readonly LoadRequests Requests =
        new("m", [ByteString.CopyFrom(new byte[200]), ByteString.CopyFrom(1, 2, 3)], LoadRequests.DefaultLabels);

    [Fact]
    public void Write_Messages_EachStandsAfterItsLengthAsAVarint()
    {
        using var stream = new MemoryStream();

        var count = DelimitedMessages.Write(stream, DelimitedMessages.Of("embed", Requests));

        Assert.Equal(2, count);
        var bytes = stream.ToArray();
        var first = Requests.Embed(0).ToByteArray();
        Assert.InRange(first.Length, 128, 16_383); // so that its varint has two bytes
        Assert.Equal((byte)(0x80 | (first.Length & 0x7F)), bytes[0]);
        Assert.Equal((byte)(first.Length >> 7), bytes[1]);
        Assert.Equal(first, bytes[2..(2 + first.Length)]);
        Assert.Equal(Requests.Embed(1).CalculateSize(), bytes[2 + first.Length]);
    }

    [Fact]
    public void Write_EmbedStream_CanBeReadBack()
    {
        var messages = RoundTrip("embed-stream", EmbedStreamRequest.Parser);

        Assert.Equal("m", messages[0].Config.Model);
        Assert.Null(messages[0].Input);
        Assert.Equal(["0", "1"], messages.Skip(1).Select(message => message.Id));
        Assert.Equal(Requests.Images, messages.Skip(1).Select(message => message.Input.Image.Encoded));
    }

    [Fact]
    public void Write_ClassifyStream_CanBeReadBack()
    {
        var messages = RoundTrip("classify-stream", ClassifyStreamRequest.Parser);

        Assert.Equal(LoadRequests.DefaultLabels, messages[0].Config.LabelSet);
        Assert.Equal([0UL, 1UL], messages.Skip(1).Select(message => message.Frame.FrameId));
    }

    [Fact]
    public void Write_Classify_CanBeReadBack()
    {
        var messages = RoundTrip("classify", ClassifyRequest.Parser);

        Assert.Equal(Requests.Images, messages.Select(message => Assert.Single(message.Images).Encoded));
    }

    [Fact]
    public void Of_UnknownCall_IsRefused() =>
        Assert.Throws<LoadTestException>(() => DelimitedMessages.Of("rank", Requests));

    private static List<T> RoundTrip<T>(string call, MessageParser<T> parser)
        where T : IMessage<T>
    {
        using var stream = new MemoryStream();
        DelimitedMessages.Write(stream, DelimitedMessages.Of(call, Requests));
        stream.Position = 0;
        var messages = new List<T>();
        while (stream.Position < stream.Length)
            messages.Add(parser.ParseDelimitedFrom(stream));
        return messages;
    }
}
