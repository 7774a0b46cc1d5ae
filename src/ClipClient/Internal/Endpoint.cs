using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Client.Internal;

/// <summary>An address of <see cref="ClipClientOptions.Addresses"/>, checked.</summary>
internal sealed record Endpoint(string Scheme, Uri Uri)
{
    public const string Dns = "dns";

    public static bool TryParse(string? address, [NotNullWhen(true)] out Endpoint? endpoint)
    {
        endpoint = null;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            return false;

        var valid = uri.Scheme switch
        {
            "http" or "https" => uri.Host.Length > 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0,
            Dns => uri.AbsolutePath.Trim('/').Length > 0,
            _ => false,
        };
        if (valid)
            endpoint = new Endpoint(uri.Scheme, uri);
        return valid;
    }

    public static Endpoint[] ParseAll(ClipClientOptions options)
    {
        if (options.Addresses.Count == 0)
            return [Parse(ClipClientOptions.DefaultAddress)];
        return [.. options.Addresses.Select(Parse)];
    }

    private static Endpoint Parse(string address) => TryParse(address, out var endpoint)
        ? endpoint
        : throw new ArgumentException($"'{address}' is not http://host:port, https://host:port or dns:///name:port.");
}
