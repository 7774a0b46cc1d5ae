using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

/// <summary>What the Hub refuses, what it fails at, and what is not believed of it.</summary>
public sealed class HubRefusalTests
{
    private const string OtherCommit = "4444444444444444444444444444444444444444";

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ServerErrors_BacksOffTwiceAsLongEachTimeAndGivesUp()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(IsDescription, 503, times: 100);

        var error = await hub.FailAsync();

        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
        Assert.Contains("127.0.0.1 returned status 503", error.Message);
        Assert.Equal([1, 2, 4, 8, 16], hub.Progress.Pauses.Select(pause => pause.TotalSeconds));
        Assert.Equal(6, hub.Hub.Requests.Count);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(429)]
    public async Task FetchAsync_PassingFailuresAnywhere_AreOvercome(int status)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(IsDescription, status);
        hub.Hub.Fail(request => request.Method == "HEAD", status, times: 2);
        hub.Hub.Fail(HubFixture.IsWeights, status);

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Equal(4, hub.Progress.Pauses.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_RetryAfterSeconds_WaitsAsLong()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(IsDescription, 429, 1, ("Retry-After", "37"));

        await hub.FetchAsync();

        Assert.Equal([TimeSpan.FromSeconds(37)], hub.Progress.Pauses);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_RetryAfterDate_WaitsUntilThen()
    {
        await using var hub = await HubFixture.StartAsync();
        var then = hub.Clock.GetUtcNow().AddSeconds(90);
        hub.Hub.Fail(IsDescription, 429, 1, ("Retry-After", then.ToString("R")));

        await hub.FetchAsync();

        Assert.Equal([TimeSpan.FromSeconds(90)], hub.Progress.Pauses);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_RetryAfterAnHour_GivesUpAtOnceAndSaysSo()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(IsDescription, 429, 1, ("Retry-After", "3600"));

        var error = await hub.FailAsync();

        Assert.Contains("returned status 429 and requests a pause of 60 minutes", error.Message);
        Assert.Empty(hub.Progress.Pauses);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_StalledConnection_IsGivenUpAndResumed()
    {
        await using var hub = await HubFixture.StartAsync();
        var never = new TaskCompletionSource();
        hub.Hub.Cut(HubFixture.IsWeights, HubFixture.Content, 1000, never.Task);

        var fetch = hub.FetchAsync();
        await hub.Progress.Reached(HubFixture.Weights, 1000).WaitAsync(TimeSpan.FromSeconds(20));
        // The next read's limit may begin a moment after this: the clock is moved until it has run out.
        while (!hub.Progress.Pauses.Any() && !fetch.IsCompleted)
        {
            hub.Clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        var folder = await fetch;
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Contains(hub.Progress.Events, line => line.Contains("127.0.0.1 sent no data for 60 s"));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_SlowBytes_AreWaitedFor()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Trickle(HubFixture.IsWeights, HubFixture.Content, pauses: 10, async sent =>
        {
            await hub.Progress.Reached(HubFixture.Weights, sent);
            hub.Clock.Advance(TimeSpan.FromSeconds(50));
        });

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Empty(hub.Progress.Pauses);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(401, "RepoNotFound", null, "it does not exist, or is private or gated", "then set HF_TOKEN")]
    [InlineData(401, "GatedRepo", null, "is gated: accept its conditions at", "then set HF_TOKEN")]
    [InlineData(
        403, "GatedRepo", "hf_token", "is gated: accept its conditions at",
        "the token in use (HF_TOKEN or the token file) is valid")]
    [InlineData(403, "", "hf_token", "The Hugging Face Hub does not list", "its account can read it")]
    public async Task FetchAsync_NotAllowed_SaysWhyAndWhatToDo(
        int status, string code, string? token, string why, string advice)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { Token = token };
        hub.Hub.Fail(IsDescription, status, 1, ("X-Error-Code", code));

        var error = await hub.FailAsync();

        Assert.Equal(ClipErrorCode.PermissionDenied, error.Code);
        Assert.Contains(why, error.Message);
        Assert.Contains(advice, error.Message);
        Assert.Contains($"/{HubFixture.Id}", error.Message);
        Assert.Empty(hub.Progress.Pauses);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_GatedFile_SaysSo()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(request => request.Method == "HEAD", 403, 1, ("X-Error-Code", "GatedRepo"));

        var error = await hub.FailAsync();

        Assert.Equal(ClipErrorCode.PermissionDenied, error.Code);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(HubFixture.Id, "RepoNotFound", "has no model org/clip-test. A source is `demo`")]
    [InlineData(HubFixture.Id + "@v9", "RevisionNotFound", "org/clip-test has no branch, tag or commit v9.")]
    [InlineData(HubFixture.Id + "@v9", "", "has no model org/clip-test, or the model has no branch, tag or commit v9")]
    public async Task FetchAsync_NotFound_SaysWhat(string source, string code, string words)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(IsDescription, 404, 1, ("X-Error-Code", code));

        var error = await hub.FailAsync(source);

        Assert.Equal(ClipErrorCode.NotFound, error.Code);
        Assert.Contains(words, error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ListedFileThatIsNotThere_NamesIt()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Model.ListedOnly.Add("tokenizer.json");

        var error = await hub.FailAsync();

        Assert.Equal(ClipErrorCode.NotFound, error.Code);
        Assert.Contains($"has no file tokenizer.json in {HubFixture.Id}", error.Message);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("../evil")]
    [InlineData("/etc/evil")]
    [InlineData("a/../../evil")]
    [InlineData("a\\evil")]
    [InlineData("C:evil")]
    [InlineData("a//evil")]
    [InlineData("evil\0")]
    public async Task FetchAsync_FileNameThatLeadsOut_IsRefused(string name)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Model.ListedOnly.Add(name);

        var error = await hub.FailAsync();

        Assert.Contains("is not a path inside a model", error.Message);
        Assert.Single(hub.Hub.Requests);
        Assert.False(Directory.Exists(hub.Folder));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ShardThatLeadsOut_IsRefused()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add("org/sharded").Small("config.json", "{}")
            .Small("model.safetensors.index.json", """{"weight_map": {"a": "../../evil.safetensors"}}""");

        var error = await hub.FailAsync("org/sharded");

        Assert.Contains("is not in a file of this folder", error.Message);
        Assert.DoesNotContain(hub.Hub.Requests, request => request.Path.Contains("evil"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("main")]
    [InlineData("../../../../../../../../../../../../../ab")]
    [InlineData("111111111111111111111111111111111111111/")]
    public async Task FetchAsync_CommitThatIsNone_IsRefused(string commit)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Model.Commit = commit;

        var error = await hub.FailAsync();

        Assert.Contains("its description is not valid JSON of the Hub's API", error.Message);
        Assert.False(Directory.Exists(hub.Folder));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("../../evil")]
    [InlineData("d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("")]
    public async Task FetchAsync_ETagThatIsNoHash_IsRefused(string etag)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Model.Files[HubFixture.Weights] = hub.Model.Files[HubFixture.Weights] with { ETag = etag };

        var error = await hub.FailAsync();

        Assert.Contains("there is no hash in its ETag", error.Message);
        Assert.DoesNotContain(hub.Hub.Requests, HubFixture.IsWeights);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_FileOfAnotherCommit_IsRefused()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(request => request.Method == "HEAD", 200, 1, ("X-Repo-Commit", OtherCommit));

        var error = await hub.FailAsync();

        Assert.Contains("the file is of another commit", error.Message);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    public async Task FetchAsync_RedirectToAnotherScheme_IsNotFollowed(string target)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(
            request => request.Method == "GET" && request.Path.EndsWith(HubFixture.Weights),
            302,
            100,
            ("Location", target));

        var error = await hub.FailAsync();

        Assert.Contains("redirects to an insecure address", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_RedirectToItself_EndsWithWords()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(IsDescription, 302, 1000, ("Location", $"/api/models/{HubFixture.Id}/revision/main"));

        var error = await hub.FailAsync();

        Assert.Contains("redirects too many times", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_AnswerThatIsNoJson_SaysThatItIsNoHub()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Fail(IsDescription, 200);

        var error = await hub.FailAsync();

        Assert.Contains("response for org/clip-test that is not that of the Hugging Face Hub", error.Message);
        Assert.Contains("HF_ENDPOINT", error.Message);
    }

    private static bool IsDescription(FakeHubRequest request) =>
        request.Path.StartsWith("/api/", StringComparison.Ordinal);
}
