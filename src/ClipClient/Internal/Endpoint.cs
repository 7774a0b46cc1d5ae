using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace ClipGrpc.Client.Internal;

/// <summary>An address of <see cref="ClipClientOptions.Addresses"/>, checked.</summary>
/// <param name="Scheme"><c>http</c>, <c>https</c>, <c>dns</c> or <c>unix</c>.</param>
/// <param name="Uri">What the channel connects to; for a Unix domain socket, the host that requests name.</param>
/// <param name="Text">The address as errors write it.</param>
/// <param name="IsEncrypted">Whether its connections use TLS.</param>
internal sealed partial record Endpoint(string Scheme, Uri Uri, string Text, bool IsEncrypted)
{
    public const string Dns = "dns";
    public const string Unix = "unix";

    public const string Forms = "http://host:port, https://host:port, host:port, dns:///name:port or unix:/path";

    private const string UnixPrefix = Unix + ":";
    private const string HostAndPortPattern = @"\A(\[[0-9A-Fa-f:.%]+\]|[^:/?#@\s\[\]]+):[0-9]{1,5}\z";

    public string? SocketPath { get; private init; }

    /// <summary>The host, name or path to connect to.</summary>
    public string Host => Scheme switch
    {
        Unix => SocketPath!,
        Dns => Name?.Host ?? Uri.AbsolutePath.Trim('/'),
        _ => Uri.Host,
    };

    /// <summary>Null where there is none.</summary>
    public int? Port => Scheme switch
    {
        Unix => null,
        Dns => Name?.Port,
        _ => Uri.Port,
    };

    /// <summary>Nobody outside this machine sees what is sent there.</summary>
    public bool IsLocal => Scheme switch
    {
        Unix => true,
        Dns => Name is { IsLoopback: true },
        _ => Uri.IsLoopback,
    };

    private Uri? Name =>
        Uri.TryCreate($"http://{Uri.AbsolutePath.Trim('/')}", UriKind.Absolute, out var name) ? name : null;

    /// <param name="address">The address.</param>
    /// <param name="useTls">Used if the address has no scheme.</param>
    /// <param name="endpoint">The result.</param>
    public static bool TryParse(string? address, bool useTls, [NotNullWhen(true)] out Endpoint? endpoint)
    {
        endpoint = null;
        if (address is null)
            return false;
        if (address.StartsWith(UnixPrefix, StringComparison.OrdinalIgnoreCase))
            return TryParseSocket(address[UnixPrefix.Length..], useTls, out endpoint);
        if (HostAndPort().IsMatch(address))
            address = $"{(useTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{address}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0)
            return false;

        var valid = uri.Scheme switch
        {
            "http" or "https" => uri.Host.Length > 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0,
            Dns => uri.AbsolutePath.Trim('/').Length > 0,
            _ => false,
        };
        if (valid)
        {
            var isDns = uri.Scheme == Dns;
            endpoint = new Endpoint(
                uri.Scheme, uri, isDns ? address : uri.GetLeftPart(UriPartial.Authority),
                isDns ? useTls : uri.Scheme == Uri.UriSchemeHttps);
        }

        return valid;
    }

    /// <summary>The addresses of valid options, the default one where there are none.</summary>
    public static Endpoint[] ParseAll(ClipClientOptions options)
    {
        var addresses = options.Addresses.Count > 0
            ? options.Addresses
            : [new Uri(ClipClientOptions.DefaultAddress).Authority];
        return [.. addresses.Select(address => Parse(address, options.Tls.IsUsed))];
    }

    private static Endpoint Parse(string address, bool useTls) => TryParse(address, useTls, out var endpoint)
        ? endpoint
        : throw new ArgumentException($"'{address}' is not {Forms}.");

    private static bool TryParseSocket(string path, bool useTls, [NotNullWhen(true)] out Endpoint? endpoint)
    {
        endpoint = null;
        if (path.StartsWith("//", StringComparison.Ordinal))
            path = path[2..]; // unix:///path
        if (path.Length == 0 || path.Contains('\0'))
            return false;

        var host = new Uri($"{(useTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://localhost");
        endpoint = new Endpoint(Unix, host, UnixPrefix + path, useTls) { SocketPath = path };
        return true;
    }

#if NET
    [GeneratedRegex(HostAndPortPattern)]
    private static partial Regex HostAndPort();
#else
    private static Regex HostAndPort() => new(HostAndPortPattern);
#endif
}
