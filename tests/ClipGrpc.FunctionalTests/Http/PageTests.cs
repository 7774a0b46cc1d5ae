using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>The page as it is served; what it does in a browser is checked in tests/interop/page.</summary>
public sealed partial class PageTests(DemoServer demo)
{
    [Fact(Timeout = 60_000)]
    public async Task Get_EveryFileThatFilesName_IsServedWithItsType()
    {
        var types = new Dictionary<string, string>
        {
            [".js"] = "text/javascript",
            [".css"] = "text/css",
            [".svg"] = "image/svg+xml",
        };
        var found = new Queue<string>(["/"]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (found.TryDequeue(out var path))
        {
            if (!seen.Add(path))
                continue;

            using var response = await GetAsync(path);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.OK, path);
            Assert.Equal(
                types.GetValueOrDefault(Path.GetExtension(path), "text/html"),
                response.Content.Headers.ContentType!.MediaType);
            foreach (Match match in References().Matches(text))
                found.Enqueue("/page/" + match.Groups["file"].Value);
        }

        Assert.True(seen.Count > 12, string.Join(" ", seen));
    }

    [Fact(Timeout = 60_000)]
    public async Task Get_Samples_AreServedAndTheLicensesAreNot()
    {
        using var sample = await GetAsync("/page/samples/pizza.webp");
        using var readme = await GetAsync("/page/samples/README.md");

        Assert.Equal("image/webp", sample.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.NotFound, readme.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/")]
    [InlineData("/page/app.js")]
    public async Task Get_Headers_AllowNothingButTheServersOwnFiles(string path)
    {
        using var response = await GetAsync(path);
        var policy = Header(response, "Content-Security-Policy").Split("; ");

        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("script-src 'self'", policy);
        Assert.Contains("style-src 'self'", policy);
        Assert.Contains("connect-src 'self'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Contains("base-uri 'none'", policy);
        Assert.Contains("form-action 'none'", policy);
        Assert.All(policy, directive => Assert.DoesNotContain("unsafe", directive));
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
        Assert.StartsWith("camera=(self), microphone=()", Header(response, "Permissions-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Resource-Policy"));
    }

    /// <summary>The policy would block them, and only a browser would notice.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Get_Document_HasNoInlineCodeOrStyleAndNoAddressOfOthers()
    {
        var html = await demo.Server.Http.GetStringAsync("/", TestContext.Current.CancellationToken);

        Assert.DoesNotMatch("<style", html);
        Assert.DoesNotMatch(@"\s(on\w+|style)=", html);
        Assert.DoesNotMatch(@"<script(?![^>]*\ssrc=)", html);
        Assert.DoesNotMatch(@"(src|href)=""(https?:)?//", html);
    }

    [Fact(Timeout = 60_000)]
    public async Task Get_WithTheETag_IsNotModified()
    {
        using var first = await GetAsync("/");
        var tag = first.Headers.ETag!;
        using var again = await GetAsync("/", tag);
        using var changed = await GetAsync("/", new EntityTagHeaderValue("\"other\""));
        using var other = await GetAsync("/page/app.js");

        Assert.Equal("no-cache", first.Headers.CacheControl!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(tag, again.Headers.ETag);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(tag, other.Headers.ETag);
    }

    [Fact(Timeout = 60_000)]
    public async Task Head_Page_HasTheHeadersOfGetAndNoBody()
    {
        using var get = await GetAsync("/");
        using var request = new HttpRequestMessage(HttpMethod.Head, "/");
        using var head = await demo.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(get.Headers.ETag, head.Headers.ETag);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/page/nothing.js")]
    [InlineData("/page/")]
    [InlineData("/page/../appsettings.json")]
    [InlineData("/page/%2e%2e%2fappsettings.json")]
    [InlineData("/page/openapi.json")]
    public async Task Get_NoFileOfThePage_IsNotFound(string path)
    {
        using var response = await GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Get_SwitchedOff_IsNotFound()
    {
        await using var server = await RunningServer.StartWithoutModelsAsync(new Dictionary<string, string?>
        {
            ["Clip:Http:Page"] = "false",
            ["Clip:Http:HuggingFace"] = "false", // which has a POST of the same path
        });

        foreach (var path in new[] { "/", "/page/app.js" })
        {
            using var response = await server.Http.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Get_WithoutTheKey_IsServedAndItsCallsAreRefused()
    {
        using var credentials = new TestCredentials();
        await using var server = await RunningServer.StartAsync(credentials.AccessSettings);
        using var page = await server.Http.GetAsync("/", TestContext.Current.CancellationToken);
        var infer = await JsonResponse.PostAsync(server.Http, "/", "{}");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(401, infer.Code);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, EntityTagHeaderValue? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (known is not null)
            request.Headers.IfNoneMatch.Add(known);
        return await demo.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string Header(HttpResponseMessage response, string name) =>
        string.Join(",", response.Headers.GetValues(name));

    /// <summary>In HTML and in imports of modules.</summary>
    [GeneratedRegex("""(?:(?:src|href)="page/|from '\./)(?<file>[^"']+)""")]
    private static partial Regex References();
}
