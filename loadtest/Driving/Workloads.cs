using ClipGrpc.LoadTest.Data;
using ClipGrpc.V1;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>The kinds of calls that a load can be made of.</summary>
internal static class Workloads
{
    public static IReadOnlyList<string> Names { get; } =
        ["embed", "embed-text", "classify", "embed-stream", "classify-stream"];

    /// <param name="inputs">Images or texts a call, of the calls that take several.</param>
    /// <exception cref="LoadTestException">No such workload.</exception>
    public static IWorkload Create(string name, Requests requests, int inputs, TimeProvider time) => name switch
    {
        "embed" => Embed(name, number => requests.Embed(number, inputs)),
        "embed-text" => Embed(name, _ => requests.EmbedText(Texts.ManyShort(inputs))),
        "classify" => new UnaryWorkload<ClassifyRequest, ClassifyResponse>(
            name, "Classify", requests.Classify, (client, request, options) => client.ClassifyAsync(request, options),
            CallOutcome.Of),
        "embed-stream" => new StreamWorkload<EmbedStreamRequest, EmbedStreamResponse>(
            name, "EmbedStream", client => client.EmbedStream(), requests.EmbedStreamConfig, requests.EmbedStreamItem,
            response => long.Parse(response.Id, System.Globalization.CultureInfo.InvariantCulture), CallOutcome.Of,
            time),
        "classify-stream" => new StreamWorkload<ClassifyStreamRequest, ClassifyStreamResponse>(
            name, "ClassifyStream", client => client.ClassifyStream(),
            () => requests.ClassifyStreamConfig(DropPolicy.None), requests.ClassifyStreamFrame,
            response => (long)response.FrameId, CallOutcome.Of, time),
        _ => throw new LoadTestException($"there is no workload {name}; there are: {string.Join(", ", Names)}."),
    };

    /// <summary>Unary Embed with requests of one's own.</summary>
    public static UnaryWorkload<EmbedRequest, EmbedResponse> Embed(
        string name, Func<long, EmbedRequest> request) => new(
        name, "Embed", request, (client, message, options) => client.EmbedAsync(message, options), CallOutcome.Of);
}
