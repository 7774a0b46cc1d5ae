using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Http;

/// <summary>
/// Lets pages of the configured origins call the HTTP port. Their calls bring an API key or token in a header; what
/// browsers add by themselves, such as client certificates, is not allowed.
/// </summary>
internal sealed class CorsSetup(IOptions<HttpOptions> options) : IConfigureOptions<CorsOptions>
{
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromHours(1);

    private static readonly string[] ExposedHeaders =
    [
        "grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-retry-pushback-ms", "retry-after",
        "retry-after-ms", "www-authenticate",
    ];

    public void Configure(CorsOptions cors) => cors.AddDefaultPolicy(policy => policy
        .WithOrigins(options.Value.CorsOrigins)
        .WithMethods(HttpMethods.Get, HttpMethods.Post)
        .AllowAnyHeader()
        .WithExposedHeaders(ExposedHeaders)
        .SetPreflightMaxAge(PreflightMaxAge));
}
