using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Encrypts a listener. The certificate is chosen per connection, so that a new one needs neither a restart nor the end
/// of a connection.
/// </summary>
internal sealed class TlsSetup(IOptions<TlsOptions> options, IServiceProvider services)
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    public bool IsEnabled(Listener listener) =>
        options.Value.IsEnabled && (listener.HasFlag(Listener.Grpc) || options.Value.Http);

    /// <summary>Encrypts a listener where it is to be; client and server then agree on the protocol.</summary>
    public void Apply(ListenOptions listen, Listener listener)
    {
        if (!IsEnabled(listener))
            return;

        var certificate = services.GetRequiredService<ServerCertificate>();
        var asksForClient = certificate.HasClientCa
            && (listener.HasFlag(Listener.Grpc) || options.Value.HttpClientCertificates);
        listen.Protocols = HttpProtocols.Http1AndHttp2;

        // Set before the client's first message, and not by a callback for it: a connection that begins with anything
        // else would have no certificate, which is an unhandled exception in Kestrel's log.
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            ServerCertificate = certificate.Context.TargetCertificate,
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            OnAuthenticate = (_, ssl) => Apply(ssl, certificate, asksForClient),
        });
    }

    private void Apply(SslServerAuthenticationOptions ssl, ServerCertificate certificate, bool asksForClient)
    {
        ssl.ServerCertificate = null;
        ssl.ServerCertificateContext = certificate.Context;
        ssl.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        ssl.ClientCertificateRequired = asksForClient;
        if (asksForClient)
        {
            ssl.RemoteCertificateValidationCallback = (_, client, chain, _) => client is X509Certificate2 given
                ? certificate.Accepts(given, chain)
                : !options.Value.RequireClientCertificate;
        }
    }
}
