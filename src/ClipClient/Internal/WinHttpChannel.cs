using System.Runtime.InteropServices;
using System.Security.Authentication;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Makes gRPC channels of <see cref="ClipClientOptions"/> for .NET Framework, where Windows does HTTP/2: to one server,
/// with TLS.
/// </summary>
internal static class ClipChannel
{
    /// <exception cref="OptionsValidationException">Options that WinHTTP has no means for.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Windows.</exception>
    public static GrpcChannel Create(ClipClientOptions options, ServerState state)
    {
        string[] errors = [.. Check(options)];
        if (errors.Length > 0)
            throw new OptionsValidationException(nameof(ClipClientOptions), typeof(ClipClientOptions), errors);

        var channelOptions = new GrpcChannelOptions
        {
            HttpHandler = CreateHandler(options, state),
            DisposeHttpClient = true,
        };
        Configure(channelOptions, options);
        return GrpcChannel.ForAddress(Target(options), channelOptions);
    }

    /// <exception cref="PlatformNotSupportedException">This is not Windows.</exception>
    public static HttpMessageHandler CreateHandler(ClipClientOptions options, ServerState state)
    {
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
        {
            throw new PlatformNotSupportedException(
                "With .NET Standard 2.0, ClipGrpc.Client opens channels on Windows only. Create a GrpcChannel with a "
                + "handler of this platform, and new ClipClient(channel.CreateCallInvoker(), options).");
        }

        var handler = new WinHttpHandler
        {
            SslProtocols = SslProtocols.Tls12,
            // A stream may be silent for as long as it likes.
            ReceiveDataTimeout = Timeout.InfiniteTimeSpan,
            ReceiveHeadersTimeout = Timeout.InfiniteTimeSpan,
        };
        if (options.Tls.Certificate is { } certificate)
        {
            handler.ClientCertificateOption = ClientCertificateOption.Manual;
            handler.ClientCertificates.Add(certificate);
        }

        return handler;
    }

    /// <summary>What WinHTTP and the classes of .NET Framework cannot do.</summary>
    public static IEnumerable<string> Check(ClipClientOptions options)
    {
        var address = options.Addresses.Count == 1 ? options.Addresses[0] : null;
        if (!Endpoint.TryParse(address, options.Tls.IsUsed, out var endpoint) || endpoint.Scheme != Uri.UriSchemeHttps)
            yield return "Addresses must be one https://host:port with .NET Standard 2.0.";
        if (options.Tls.HasCa || options.Tls.CertificateFile is not null)
        {
            yield return "Tls.CaFile, CaCertificates and CertificateFile need .NET 8 or later. Use the authorities of "
                + "Windows and Tls.Certificate.";
        }
    }

    public static Uri Target(ClipClientOptions options) => Endpoint.ParseAll(options)[0].Uri;

    public static void Configure(GrpcChannelOptions channelOptions, ClipClientOptions options)
    {
        channelOptions.Credentials = options.Credentials ?? ChannelCredentials.SecureSsl;
        channelOptions.MaxSendMessageSize = options.MaxMessageBytes;
        channelOptions.MaxReceiveMessageSize = options.MaxMessageBytes;
        if (options.LoggerFactory is { } loggers)
            channelOptions.LoggerFactory = loggers;
    }
}
