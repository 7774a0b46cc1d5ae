using System.Security.Cryptography;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Access;

/// <summary>Tokens whose signing keys come from a URL.</summary>
public sealed class JwksUrlTests : IDisposable
{
    private readonly TestCredentials _credentials = new();
    private readonly RSA _newKey = RSA.Create(2048);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _credentials.Dispose();
        _newKey.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Token_KeysOfAUrl_AreFetchedOnceAndOnceMoreForForgedTokens()
    {
        await using var keys = await JwksServer.StartAsync(_credentials.OwnJwks, Cancelled);
        await using var server = await StartAsync(keys);

        for (var call = 0; call < 3; call++)
            Assert.Equal(StatusCode.OK, await CallAsync(server, _credentials.Token("infer")));
        Assert.Equal(1, keys.Requests);

        // Whoever forges tokens must not make the server flood the issuer.
        for (var call = 0; call < 5; call++)
        {
            var forged = _credentials.Token("infer", key: _newKey, keyId: $"k{call}");
            Assert.Equal(StatusCode.Unauthenticated, await CallAsync(server, forged));
        }

        var expired = _credentials.Token("infer", TimeSpan.FromMinutes(-5));
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(server, expired));
        Assert.InRange(keys.Requests, 1, 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task Token_OfANewKey_IsAcceptedAfterTheKeysAreFetchedAgain()
    {
        await using var keys = await JwksServer.StartAsync(_credentials.OwnJwks, Cancelled);
        await using var server = await StartAsync(keys);
        Assert.Equal(StatusCode.OK, await CallAsync(server, _credentials.Token("infer")));

        keys.Keys = TestCredentials.Jwks(_newKey, "k2");
        var token = _credentials.Token("infer", key: _newKey, keyId: "k2");
        while (await CallAsync(server, token) != StatusCode.OK)
            Cancelled.ThrowIfCancellationRequested();

        Assert.Equal(2, keys.Requests);
    }

    [Fact(Timeout = 60_000)]
    public async Task Token_KeysCannotBeFetched_IsUnavailableUntilTheyCan()
    {
        await using var keys = await JwksServer.StartAsync(_credentials.OwnJwks, Cancelled);
        await using var server = await StartAsync(keys);
        var good = keys.Keys;
        keys.Keys = null;
        var token = _credentials.Token("infer");
        Assert.Equal(StatusCode.Unavailable, await CallAsync(server, token));

        // API keys do not depend on the issuer.
        Assert.Equal(StatusCode.OK, await CallAsync(server, TestCredentials.InferKey));
        keys.Keys = good;
        while (await CallAsync(server, token) != StatusCode.OK)
            Cancelled.ThrowIfCancellationRequested();
    }

    [Fact(Timeout = 60_000)]
    public async Task Token_KeysTakeLong_HoldsUpNobodyElse()
    {
        await using var keys = await JwksServer.StartAsync(_credentials.OwnJwks, Cancelled);
        var gate = new TaskCompletionSource();
        keys.Gate = gate.Task;
        await using var server = await StartAsync(keys);

        var waiting = CallAsync(server, _credentials.Token("infer"));
        while (keys.Requests == 0)
            await Task.Yield();
        Assert.Equal(StatusCode.OK, await CallAsync(server, TestCredentials.InferKey));
        Assert.False(waiting.IsCompleted);
        gate.SetResult();
        Assert.Equal(StatusCode.OK, await waiting);
    }

    private async Task<BareServer> StartAsync(JwksServer keys)
    {
        var settings = _credentials.AccessSettings;
        settings["Clip:Jwt:test:Jwks"] = keys.Url;
        return await BareServer.StartAsync(Cancelled, settings);
    }

    private static async Task<StatusCode> CallAsync(BareServer server, string credential)
    {
        try
        {
            await new ModelService.ModelServiceClient(server.Channel).ListModelsAsync(
                new ListModelsRequest(),
                Limited(token: Cancelled).WithHeaders(new Metadata { { "authorization", $"Bearer {credential}" } }));
            return StatusCode.OK;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }
}
