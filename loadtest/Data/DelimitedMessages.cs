using ClipGrpc.V1;
using Google.Protobuf;

namespace ClipGrpc.LoadTest.Data;

/// <summary>
/// Messages one after the other, each after its length as a varint: what ghz reads as <c>binary-file</c>.
/// </summary>
internal static class DelimitedMessages
{
    public static IReadOnlyList<string> Calls { get; } = ["embed", "classify", "embed-stream", "classify-stream"];

    /// <summary>One message for each image; a stream's configuration before them.</summary>
    /// <exception cref="LoadTestException">No such call.</exception>
    public static IEnumerable<IMessage> Of(string call, Requests requests)
    {
        var numbers = Enumerable.Range(0, requests.Images.Count);
        return call switch
        {
            "embed" => numbers.Select(number => requests.Embed(number)),
            "classify" => numbers.Select(number => requests.Classify(number)),
            "embed-stream" => numbers.Select(number => requests.EmbedStreamItem(number))
                .Prepend(requests.EmbedStreamConfig()),
            "classify-stream" => numbers.Select(number => requests.ClassifyStreamFrame(number))
                .Prepend(requests.ClassifyStreamConfig(DropPolicy.Latest)),
            _ => throw new LoadTestException($"there is no call {call}; there are: {string.Join(", ", Calls)}."),
        };
    }

    /// <summary>The number of messages written.</summary>
    public static int Write(Stream stream, IEnumerable<IMessage> messages)
    {
        var count = 0;
        foreach (var message in messages)
        {
            message.WriteDelimitedTo(stream);
            count++;
        }

        return count;
    }
}
