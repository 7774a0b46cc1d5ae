using System.Net;
using System.Security.Cryptography;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.Server.Access;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClipGrpc.FunctionalTests.Access;

/// <summary>Every endpoint of the server with every kind of credential.</summary>
public sealed class AccessMatrixTests : IDisposable
{
    private const string KeyHeader = "x-api-key ";

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    private readonly TestCredentials _credentials = new();
    private readonly RSA _otherKey = RSA.Create(2048);

    public void Dispose()
    {
        _credentials.Dispose();
        _otherKey.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Endpoints_AllOfTheServer_HaveARuleAndNoRuleIsUnused()
    {
        await using var server = await BareServer.StartAsync(TestContext.Current.CancellationToken);
        var endpoints = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>().ToList();

        Assert.All(endpoints, endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<AccessRule>()));
        var paths = endpoints.Select(NameOf)
            .Where(path => !path.Contains("{unimplemented")).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(AccessTable.Rules.Keys.Order(StringComparer.Ordinal), paths);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_EveryEndpointAndCredential_IsAllowedOrRefusedByTheTable(bool encrypted)
    {
        var settings = _credentials.AccessSettings;
        foreach (var (key, value) in encrypted ? _credentials.TlsSettings : [])
            settings[key] = value;
        await using var server = await BareServer.StartAsync(TestContext.Current.CancellationToken, settings);
        using var handler = _credentials.CreateHandler();
        using var channel = GrpcChannel.ForAddress(
            server.GrpcAddress, new GrpcChannelOptions { HttpHandler = handler });
        using var http = new HttpClient(_credentials.CreateHandler()) { BaseAddress = server.Http.BaseAddress };

        var endpoints = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>().Where(route => !route.RoutePattern.RawText!.Contains("{unimplemented"));
        foreach (var route in endpoints)
        {
            var endpoint = PathOf(route);
            var isRpc = route.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
            var method = MethodOf(route);
            foreach (var (name, authorization, roles) in Cases())
            {
                var expected = Expected(AccessTable.Get(NameOf(route)), roles);
                var actual = isRpc
                    ? await CallAsync(channel, endpoint, authorization)
                    : await SendAsync(http, method, endpoint, authorization);
                Assert.True(expected == actual, $"{method} {endpoint} with {name}: {expected} expected, but {actual}");
            }
        }
    }

    private static string PathOf(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.TrimStart('/');

    private static string MethodOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? HttpMethods.Get;

    private static string NameOf(RouteEndpoint endpoint) =>
        AccessTable.NameOf(MethodOf(endpoint), PathOf(endpoint));

    /// <summary>The authorization header and the roles that it gives; null: it is not valid.</summary>
    private IEnumerable<(string Name, string? Authorization, Roles? Roles)> Cases() =>
    [
        ("nothing", null, Roles.None),
        ("a wrong key", "Bearer wrong", null),
        ("a wrong scheme", $"Basic {TestCredentials.InferKey}", null),
        ("the key of inference", $"Bearer {TestCredentials.InferKey}", Roles.Infer),
        ("the key of metrics", $"bearer {TestCredentials.MetricsKey}", Roles.Metrics),
        ("the key of admins", $"Bearer {TestCredentials.AdminKey}", Roles.ModelsRead | Roles.ModelsWrite),
        ("another key in the header of keys", "x-api-key wrong", null),
        ("the key of inference in the header of keys", $"x-api-key {TestCredentials.InferKey}", Roles.Infer),
        ("a token", $"Bearer {_credentials.Token("infer,models:write")}", Roles.Infer | Roles.ModelsWrite),
        ("an expired token", $"Bearer {_credentials.Token("infer", TimeSpan.FromMinutes(-5))}", null),
        ("a token for others", $"Bearer {_credentials.Token("infer", audience: "others")}", null),
        ("a token of another issuer", $"Bearer {_credentials.Token("infer", issuer: "other")}", null),
        ("a forged token", $"Bearer {_credentials.Token("infer", key: _otherKey)}", null),
    ];

    [Theory(Timeout = 60_000)]
    [InlineData("authorization")]
    [InlineData("x-api-key")]
    public async Task Call_TwoHeadersOfOneKind_IsUnauthenticated(string header)
    {
        var settings = _credentials.AccessSettings;
        settings["Clip:Access:AnonymousRoles"] = "infer";
        await using var server = await BareServer.StartAsync(TestContext.Current.CancellationToken, settings);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        var prefix = header == "authorization" ? "Bearer " : "";
        request.Headers.TryAddWithoutValidation(header, [$"{prefix}{TestCredentials.InferKey}", $"{prefix}other"]);
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static string Expected(AccessRule rule, Roles? roles) =>
        rule.IsOpen ? "allowed"
        : roles is null or Roles.None ? "unauthenticated"
        : rule.Allows(roles.Value) ? "allowed"
        : "denied";

    private static async Task<string> CallAsync(GrpcChannel channel, string rpc, string? authorization)
    {
        var parts = rpc.Split('/');
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, parts[1], parts[2], Bytes, Bytes);
        var headers = new Metadata();
        if (authorization is not null)
            headers.Add(Header(authorization).Name, Header(authorization).Value);

        // Of an allowed call only that it was let in matters: it fails for want of a model, or watches for ever.
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            method, null, new CallOptions(headers, cancellationToken: TestContext.Current.CancellationToken));
        try
        {
            await call.RequestStream.WriteAsync([]);
            await call.RequestStream.CompleteAsync();
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
            return "allowed";
        }
        catch (RpcException exception)
        {
            return exception.StatusCode switch
            {
                StatusCode.Unauthenticated => "unauthenticated",
                StatusCode.PermissionDenied => "denied",
                StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.Unavailable => "allowed",
                _ => exception.Status.ToString(),
            };
        }
    }

    private static (string Name, string Value) Header(string credential) =>
        credential.StartsWith(KeyHeader, StringComparison.Ordinal)
            ? ("x-api-key", credential[KeyHeader.Length..])
            : ("authorization", credential);

    // Of an allowed request only that it was let in matters: without a body and a model most are invalid.
    private static async Task<string> SendAsync(HttpClient http, string method, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path.Replace("{**", "").Replace("}", ""));
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation(Header(authorization).Name, Header(authorization).Value);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => "unauthenticated",
            HttpStatusCode.Forbidden => "denied",
            HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.ServiceUnavailable => "allowed",
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity => "allowed",
            var other => other.ToString(),
        };
    }
}
