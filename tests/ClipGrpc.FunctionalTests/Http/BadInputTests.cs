using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>Bad input to every route: its format's error and never a failure of the server.</summary>
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
        foreach (var (path, example, _) in await ExamplesAsync())
        {
            foreach (var json in Mutations(example))
            {
                var response = await JsonResponse.PostAsync(demo.Server.Http, path, json);
                Assert.True(response.Code < 500, $"{path} {json}: {response.Code}");
                if (response.Code == 200)
                    continue;

                AssertHasMessage(response, $"{path} {json}");
                refused++;
            }
        }

        Assert.True(refused > 500, $"{refused} were refused");
    }

    public static TheoryData<string, int> Bodies => new()
    {
        { "", 0 },
        { "nonsense", 0 },
        { "{\"inputs\":", 0 },
        { new string('[', 10_000), 0 },
        { $"{{\"x\":{string.Concat(Enumerable.Repeat("{\"a\":", 10_000))}1{new string('}', 10_001)}", 0 },
        { "{\"\\ud800\":1}", 0 },
        { "{}".PadRight(70_000), 413 },
        { "{}".PadRight(70_000 + 65_536), 413 },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Bodies))]
    public async Task EveryRoute_BrokenNestedOrHugeBody_IsTheErrorOfItsFormat(string body, int status)
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Server:MaxMessageBytes"] = "65536" });
        var needed = (await ExamplesAsync()).Where(example => example.IsNeeded || body.Length > 0);
        foreach (var path in needed.Select(example => example.Path).Distinct())
        {
            var response = await JsonResponse.PostAsync(server.Http, path, body);

            Assert.Contains(response.Code, status == 0 ? [400, 422] : new[] { status });
            AssertHasMessage(response, path);
        }
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
        Assert.Contains("Limits.MemoryBudget", refused.Body.GetProperty("detail").GetString());
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

    private static void AssertHasMessage(JsonResponse response, string what)
    {
        var error = response.Body.GetProperty("error");
        var message = error.ValueKind == JsonValueKind.String ? error : error.GetProperty("message");
        Assert.True(message.GetString()!.Length > 10, what);
    }

    /// <summary>The examples of all requests, and whether these need a body.</summary>
    private async Task<List<(string Path, JsonNode Example, bool IsNeeded)>> ExamplesAsync()
    {
        var document = (await JsonResponse.GetAsync(demo.Server.Http, "/openapi/v1.json")).Body;
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               where path.Value.TryGetProperty("post", out _)
               let body = path.Value.GetProperty("post").GetProperty("requestBody")
               from example in body.GetProperty("content").GetProperty("application/json").GetProperty("examples")
                   .EnumerateObject()
               select (
                   OpenApiTests.UrlOf(path.Name),
                   JsonNode.Parse(example.Value.GetProperty("value").GetRawText())!,
                   body.GetProperty("required").GetBoolean()),
        ];
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
                Descend(copy).ElementAt(i)(JsonValue.Create("#"));
                yield return copy.ToJsonString().Replace("\"#\"", value);
            }
        }
    }

    /// <summary>How to set each value below a node.</summary>
    private static IEnumerable<Action<JsonNode?>> Descend(JsonNode? node)
    {
        if (node is JsonObject fields)
        {
            foreach (var name in fields.Select(field => field.Key).ToList())
            {
                yield return value => fields[name] = value;
                foreach (var set in Descend(fields[name]))
                    yield return set;
            }
        }
        else if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                var index = i;
                yield return value => items[index] = value;
                foreach (var set in Descend(items[i]))
                    yield return set;
            }
        }
    }
}
