using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>
/// Bad input to every route that the description of the server has: the error of its format, as described, and never a
/// failure of the server.
/// </summary>
public sealed class BadInputTests(DemoServer demo)
{
    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1e400", "\"\"", "\"text\"", "\"data:,\"", "\"data:image/png;base64,!\"",
        "\"http://a/b\"", "[]", "{}", "[null]", "[[1]]", "[{}]", """{"image":7}""", """{"content":[1]}""",
    ];

    [Fact(Timeout = 120_000)]
    public async Task EveryExample_WithAnyValueReplaced_IsNeverAServerError()
    {
        var refused = 0;
        var (schemas, examples) = await ReadDocumentAsync();
        foreach (var example in examples)
        {
            foreach (var json in Mutations(example.Body))
                refused += await PostAsync(schemas, example, json, $"{example.Path} {json}") ? 0 : 1;
        }

        Assert.True(refused > 500, $"{refused} were refused");
    }

    [Fact(Timeout = 120_000)]
    public async Task EveryExample_WithALargeFileOfAnotherTypeForAnyText_IsNeverAServerError()
    {
        var file = JsonValue.Create($"data:application/pdf;base64,{new string('A', 3 << 20)}");
        var refused = 0;
        var (schemas, examples) = await ReadDocumentAsync();
        foreach (var example in examples)
        {
            foreach (var i in IndexesOfTexts(example.Body))
            {
                var copy = example.Body.DeepClone();
                Descend(copy).ElementAt(i).Set(file.DeepClone());
                refused += await PostAsync(schemas, example, copy.ToJsonString(), $"{example.Path} {i}") ? 0 : 1;
            }
        }

        Assert.True(refused > 50, $"{refused} were refused");
    }

    [Fact(Timeout = 120_000)]
    public async Task EveryExample_WithFieldsThatNobodyKnows_IsAnsweredAsWithout()
    {
        // Another server than that of other tests, because a model is unloaded.
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Models"] = "demo=demo;spare=demo" });
        foreach (var example in (await ReadDocumentAsync()).Examples)
        {
            var more = example.Body.DeepClone().AsObject();
            more["x-unknown"] = JsonNode.Parse("""{"a":[[{"b":null}],1e400,"data:,"]}""");
            more[""] = 1;

            var response = await JsonResponse.PostAsync(server.Http, example.Path, more.ToJsonString());

            Assert.True(response.Code == 200, $"{example.Path}: {response.Body}");
        }
    }

    public static TheoryData<string, int> Bodies => new()
    {
        { "", 0 },
        { "nonsense", 0 },
        { "{\"inputs\":", 0 },
        { new string('[', 10_000), 0 },
        { $"{{\"x\":{string.Concat(Enumerable.Repeat("{\"a\":", 10_000))}1{new string('}', 10_001)}", 0 },
        { "{\"\\ud800\":1}", 0 },
        { "[]", 0 },
        { "[{}]", 0 },
        { "\"text\"", 0 },
        { "7", 0 },
        { "null", 0 },
        { "{}{}", 0 },
        { "{\"\":}", 0 },
        { $"{{\"x\":\"{new string('\\', 9_999)}\"}}", 0 },
        { "{}".PadRight(70_000), 413 },
        { "{}".PadRight(70_000 + 65_536), 413 },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Bodies))]
    public async Task EveryRoute_BrokenNestedOrHugeBody_IsTheErrorOfItsFormat(string body, int status)
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Server:MaxMessageBytes"] = "65536" });
        var (schemas, examples) = await ReadDocumentAsync();
        foreach (var example in examples.Where(example => example.IsNeeded || body.Length > 0)
            .DistinctBy(example => example.Path))
        {
            var response = await JsonResponse.PostAsync(server.Http, example.Path, body);

            Assert.Contains(response.Code, status == 0 ? [400, 422] : new[] { status });
            schemas.AssertIsErrorOf(example.Operation, response, example.Path);
        }
    }

    /// <summary>Where the JSON ends and the content of the tensors begins is said by a header.</summary>
    [Fact(Timeout = 120_000)]
    public async Task BinaryTensors_CutAnywhere_AreNeverAServerError()
    {
        const string Path = "/v2/models/demo/infer";
        var (schemas, examples) = await ReadDocumentAsync();
        var operation = examples.First(example => example.Path == Path).Operation;
        byte[] tensor = [5, 0, 0, 0, .. "a cat"u8, 0, 0, 0, 0];
        var json = Encoding.UTF8.GetBytes(
            $$$"""
            {"inputs":[{"name":"texts","shape":[2],"datatype":"BYTES",
              "parameters":{"binary_data_size":{{{tensor.Length}}}}}]}
            """);
        byte[] whole = [.. json, .. tensor];
        Assert.Equal(200, (await PostAsync(whole, json.Length)).Code);
        foreach (var (length, body) in Enumerable.Range(1, whole.Length).Where(length => length != json.Length)
            .Select(length => (length, whole))
            .Concat(Enumerable.Range(json.Length, tensor.Length).Select(end => (json.Length, whole[..end])))
            .Concat(Enumerable.Range(0, tensor.Length).Select(i => (json.Length, WithByte(json.Length + i, 0xff)))))
        {
            var response = await PostAsync(body, length);

            if (response.Code != 200)
                schemas.AssertIsErrorOf(operation, response, $"{length} of {body.Length}");
        }

        byte[] WithByte(int index, byte value)
        {
            var copy = whole.ToArray();
            copy[index] = value;
            return copy;
        }

        Task<JsonResponse> PostAsync(byte[] body, int length) => JsonResponse.SendAsync(
            demo.Server.Http, HttpMethod.Post, Path, new ByteArrayContent(body),
            ("Inference-Header-Content-Length", $"{length}"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/v1/models/%00")]
    [InlineData("/v1/models/%ff%fe")]
    [InlineData("/v1/models/%E0%A4%A")]
    [InlineData("/v1/models/%zz")]
    [InlineData("/v1/models/../../models")]
    [InlineData("/v1/models//")]
    [InlineData("/v1/models/%2F%2F%2F")]
    [InlineData("/models/%00")]
    [InlineData("/models/")]
    [InlineData("/models")]
    [InlineData("/weaviate/")]
    [InlineData("/weaviate//vectorize")]
    [InlineData("/weaviate/%2e%2e/meta")]
    [InlineData("/v2/models//infer")]
    [InlineData("/v2/models/infer")]
    [InlineData("/v2/models/%00/versions//infer")]
    [InlineData("/v2/models/demo/versions/infer")]
    [InlineData("/v2/repository/models/load")]
    [InlineData("/v2/repository/models//unload")]
    [InlineData("/page/%2e%2e%2f%2e%2e%2fappsettings.json")]
    [InlineData("//")]
    [InlineData("/?%")]
    [InlineData("/v1/models/a?b=/c?d=%ff")]
    public async Task Path_OfAnyBytes_IsNeverAServerError(string target)
    {
        foreach (var method in new[] { "GET", "POST", "PUT", "HEAD", "OPTIONS" })
        {
            var response = await RawRequest.SendAsync(demo.Server.Http.BaseAddress!, method, target, "{}");

            Assert.Matches("^HTTP/1.1 [234]", response);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("http://localhost/v1/models/demo", 200)]
    [InlineData("http://localhost/v1/models/de%6Do?x", 200)]
    [InlineData("http://localhost/v2/models/demo/ready", 200)]
    [InlineData("http://localhost/weaviate/demo/meta", 200)]
    [InlineData("http://localhost/v1/models/nope", 404)]
    public async Task Path_WithSchemeAndHost_IsThatOfTheServer(string target, int status)
    {
        var address = demo.Server.Http.BaseAddress!;
        var response = await RawRequest.SendAsync(
            address, "GET", target.Replace("localhost", address.Authority));

        Assert.StartsWith($"HTTP/1.1 {status} ", response);
    }

    [Fact(Timeout = 60_000)]
    public async Task Body_MoreThanTheMemoryOfAllCalls_Is429UntilAnotherHasEnded()
    {
        await using var server = await GatedServer.StartAsync(new Dictionary<string, string?>
        {
            ["Clip:Server:MaxMessageBytes"] = "65536",
            ["Clip:Limits:MemoryBudget"] = "720896",
            ["Clip:Limits:MaxMemoryWait"] = "0",
        });
        var json = $$"""{"input":"waits","x":"{{new string('a', 60_000)}}"}""";
        server.Encoders.Close();
        var started = server.Probe.Started;
        var waiting = JsonResponse.PostAsync(server.Server.Http, "/v1/embeddings", json);
        await server.Probe.WhenAsync(probe => probe.Started == started + 1);

        var refused = await JsonResponse.PostAsync(server.Server.Http, "/v1/embeddings", json);

        Assert.Equal(429, refused.Code);
        Assert.Contains("Clip:Limits:MemoryBudget", refused.Body.GetProperty("detail").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);
        server.Encoders.Open();
        Assert.Equal(200, (await waiting).Code);
        // The response is sent a moment before its memory is given back.
        while ((await JsonResponse.PostAsync(server.Server.Http, "/v1/embeddings", json)).Code == 429)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    [Fact(Timeout = 60_000)]
    public async Task Body_ThatStopsComing_Is408()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Limits:MessageTimeout"] = "1s" });

        // A client that reads before it has sent everything, which those of .NET do not.
        using var client = new TcpClient();
        await client.ConnectAsync(
            IPAddress.Loopback, server.Http.BaseAddress!.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(
            "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"input\":"u8.ToArray(),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        var status = await reader.ReadLineAsync(TestContext.Current.CancellationToken);

        Assert.Equal("HTTP/1.1 408 Request Timeout", status);
    }

    /// <returns>Whether it was answered; otherwise with an error of the format, which is checked.</returns>
    private async Task<bool> PostAsync(ErrorSchemas schemas, Example example, string json, string what)
    {
        var response = await JsonResponse.PostAsync(demo.Server.Http, example.Path, json);
        Assert.True(response.Code < 500, $"{what}: {response.Code}");
        if (response.Code == 200)
            return true;

        schemas.AssertIsErrorOf(example.Operation, response, what);
        return false;
    }

    /// <summary>The examples of all requests.</summary>
    private async Task<(ErrorSchemas Schemas, List<Example> Examples)> ReadDocumentAsync()
    {
        var document = (await JsonResponse.GetAsync(demo.Server.Http, "/openapi/v1.json")).Body;
        return (
            new ErrorSchemas(document),
            [
                .. from path in document.GetProperty("paths").EnumerateObject()
                   where path.Value.TryGetProperty("post", out _)
                   let operation = path.Value.GetProperty("post")
                   let body = operation.GetProperty("requestBody")
                   from example in body.GetProperty("content").GetProperty("application/json").GetProperty("examples")
                       .EnumerateObject()
                   select new Example(
                       OpenApiTests.UrlOf(path.Name), operation,
                       JsonNode.Parse(example.Value.GetProperty("value").GetRawText())!,
                       body.GetProperty("required").GetBoolean()),
            ]);
    }

    /// <summary>The example with each of its values replaced by each of the others, one at a time.</summary>
    private static IEnumerable<string> Mutations(JsonNode example)
    {
        var count = Descend(example).Count();
        for (var i = 0; i < count; i++)
        {
            foreach (var value in Values)
            {
                // A number that is too large for any type cannot be a node: it goes in as a text.
                var copy = example.DeepClone();
                Descend(copy).ElementAt(i).Set(JsonValue.Create("#"));
                yield return copy.ToJsonString().Replace("\"#\"", value);
            }
        }
    }

    private static IEnumerable<int> IndexesOfTexts(JsonNode example) => Descend(example)
        .Select((place, i) => (place.Value, i))
        .Where(item => item.Value?.GetValueKind() == JsonValueKind.String)
        .Select(item => item.i);

    /// <summary>Each value below a node, and how to set it.</summary>
    private static IEnumerable<(JsonNode? Value, Action<JsonNode?> Set)> Descend(JsonNode? node)
    {
        if (node is JsonObject fields)
        {
            foreach (var name in fields.Select(field => field.Key).ToList())
            {
                yield return (fields[name], value => fields[name] = value);
                foreach (var place in Descend(fields[name]))
                    yield return place;
            }
        }
        else if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                var index = i;
                yield return (items[index], value => items[index] = value);
                foreach (var place in Descend(items[i]))
                    yield return place;
            }
        }
    }

    /// <param name="Path">With the demo model.</param>
    /// <param name="Operation">Its description.</param>
    /// <param name="IsNeeded">Whether it needs a body.</param>
    private sealed record Example(string Path, JsonElement Operation, JsonNode Body, bool IsNeeded);
}
