using ClipGrpc.Models.Hub;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

public sealed class HubOptionsTests
{
    [Fact]
    public void FromEnvironment_Nothing_IsThePublicHubAndTheUsersCache()
    {
        using var home = new TemporaryFolder();

        var options = Read(("HOME", home.Path));

        Assert.Equal("https://huggingface.co/", options.Endpoint.AbsoluteUri);
        Assert.Equal(Path.Combine(home.Path, ".cache", "huggingface", "hub"), options.CacheFolder);
        Assert.Null(options.Token);
        Assert.False(options.Offline);
    }

    [Fact]
    public void FromEnvironment_CacheVariables_TheNearestWins()
    {
        Assert.Equal("/x/huggingface/hub", Read(("HOME", "/h"), ("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal("/a/hub", Read(("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/a")).CacheFolder);
        Assert.Equal("/h/a/hub", Read(("HOME", "/h"), ("HF_HOME", "~/a")).CacheFolder);
        Assert.Equal("/b", Read(("HOME", "/h"), ("HF_HOME", "/a"), ("HF_HUB_CACHE", "/b")).CacheFolder);
    }

    [Fact]
    public void FromEnvironment_Token_VariableBeforeFile()
    {
        using var home = new TemporaryFolder();
        home.Write("token", "hf_file\n");
        home.Write("elsewhere", "hf_elsewhere");

        Assert.Equal("hf_file", Read(("HF_HOME", home.Path)).Token);
        Assert.Equal(
            "hf_elsewhere",
            Read(("HF_HOME", home.Path), ("HF_TOKEN_PATH", Path.Combine(home.Path, "elsewhere"))).Token);
        Assert.Equal("hf_variable", Read(("HF_HOME", home.Path), ("HF_TOKEN", " hf_variable ")).Token);
    }

    [Fact]
    public void FromEnvironment_TokenThatIsNone_IsRefusedWithoutShowingIt()
    {
        var error = Assert.Throws<ClipException>(() => Read(("HOME", "/h"), ("HF_TOKEN", "hf_a\nX-Header: b")));

        Assert.Contains("HF_TOKEN cannot be used", error.Message);
        Assert.DoesNotContain("hf_a", error.Message);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("ON", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void FromEnvironment_Offline_TakesWhatTheHubsToolsTake(string value, bool offline) =>
        Assert.Equal(offline, Read(("HOME", "/h"), ("HF_HUB_OFFLINE", value)).Offline);

    [Fact]
    public void FromEnvironment_Endpoint_MayHaveAPath() =>
        Assert.Equal(
            "https://mirror.example/hf",
            Read(("HOME", "/h"), ("HF_ENDPOINT", "https://mirror.example/hf/")).Endpoint.AbsoluteUri);

    [Theory]
    [InlineData("mirror.example")]
    [InlineData("ftp://mirror.example")]
    [InlineData("https://user:word@mirror.example")]
    [InlineData("https://mirror.example/?a=b")]
    public void FromEnvironment_EndpointThatIsNone_IsRefused(string endpoint)
    {
        var error = Assert.Throws<ClipException>(() => Read(("HOME", "/h"), ("HF_ENDPOINT", endpoint)));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("HF_ENDPOINT cannot be used", error.Message);
    }

    private static HubOptions Read(params (string Name, string Value)[] variables) => HubOptions.FromEnvironment(
        name => variables.Where(variable => variable.Name == name)
            .Select(variable => variable.Value)
            .SingleOrDefault());
}
