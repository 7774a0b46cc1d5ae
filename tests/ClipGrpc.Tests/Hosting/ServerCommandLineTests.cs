using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Hosting;

namespace ClipGrpc.Tests.Hosting;

public sealed class ServerCommandLineTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public void Parse_NoFlags_SetsNothing()
    {
        var result = Parse();

        Assert.Null(result.ExitCode);
        Assert.Empty(result.Settings);
    }

    [Theory]
    [InlineData("--grpc-port", "1234", "Clip:Server:GrpcPort")]
    [InlineData("--http-port", "1234", "Clip:Server:HttpPort")]
    [InlineData("--host", "0.0.0.0", "Clip:Server:Host")]
    [InlineData("--device", "cuda", "Clip:Inference:Device")]
    [InlineData("--precision", "int8", "Clip:Inference:Precision")]
    [InlineData("--max-batch", "16", "Clip:Batching:MaxBatchSize")]
    [InlineData("--queue-delay", "2.5ms", "Clip:Batching:MaxQueueDelay")]
    [InlineData("--log-format", "json", "Clip:Server:LogFormat")]
    public void Parse_ValueFlag_SetsItsKey(string flag, string value, string key)
    {
        Assert.Equal(value, Assert.Contains(key, Parse(flag, value).Settings));
        Assert.Equal(value, Assert.Contains(key, Parse($"{flag}={value}").Settings));
    }

    [Fact]
    public void Parse_RequireAuth_IsTrue() =>
        Assert.Equal("true", Assert.Contains("Clip:Access:Required", Parse("--require-auth").Settings));

    [Fact]
    public void Parse_SeveralModels_KeepsTheirOrder()
    {
        var result = Parse("--model", "b=laion/x", "--grpc-port", "5", "--model", "./a;b=c");

        Assert.Equal(["b=laion/x", "./a;b=c"], SettingList.Split(result.Settings["Clip:Models"]!));
    }

    [Theory]
    [InlineData("--grcp-port", "--grpc-port")]
    [InlineData("--models", "--model")]
    [InlineData("--requireauth", "--require-auth")]
    public void Parse_MistypedFlag_NamesTheRightOne(string flag, string meant)
    {
        var result = Parse(flag, "1");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"Unknown flag: {flag}. Did you mean {meant}?", _error.ToString());
        Assert.Contains("--help", _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("--grpc-port")]
    [InlineData("--grpc-port", "1", "--grpc-port", "2")]
    [InlineData("serve")]
    [InlineData("--xyzzy-plugh")]
    [InlineData("@file")]
    public void Parse_WrongUse_ExitsWith2(params string[] args)
    {
        Assert.Equal(2, Parse(args).ExitCode);
        Assert.NotEmpty(_error.ToString());
    }

    [Fact]
    public void Parse_Help_NamesEveryFlag()
    {
        Assert.Equal(0, Parse("--help").ExitCode);
        Assert.All(ServerFlags.All, flag => Assert.Contains(flag.Name, _output.ToString()));
    }

    [Fact]
    public void Parse_Version_ExitsWith0()
    {
        Assert.Equal(0, Parse("--version").ExitCode);
        Assert.NotEmpty(_output.ToString());
    }

    private CommandLineResult Parse(params string[] args) => ServerCommandLine.Parse(args, _output, _error);
}
