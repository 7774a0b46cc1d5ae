namespace ClipGrpc.Client.Internal;

/// <summary>Which servers a client calls, and how, for its errors.</summary>
internal sealed class ServerNames
{
    private readonly ClipClientOptions? _options;

    private ServerNames(ClipClientOptions? options, string subject)
    {
        _options = options;
        Subject = subject;
    }

    /// <summary>Those of a channel that somebody else made.</summary>
    public static ServerNames Unknown { get; } = new(null, "The server");

    /// <summary>"The server at http://localhost:50051".</summary>
    public string Subject { get; }

    /// <summary>Null where it is unknown, or where there are several.</summary>
    public string? Address { get; private init; }

    public int? Port { get; private init; }

    /// <summary>No address is configured.</summary>
    public bool IsDefault { get; private init; }

    /// <summary>Null: unknown.</summary>
    public bool? IsEncrypted { get; private init; }

    public bool HasCa => _options?.Tls.HasCa == true;

    public bool HasCertificate => _options?.Tls.HasCertificate == true;

    public bool HasApiKey => _options?.ApiKey is not null;

    public static ServerNames OfOwnChannel(ClipClientOptions options)
    {
        var endpoints = Endpoint.ParseAll(options);
        return new ServerNames(
            options, $"The server at {string.Join(" or ", endpoints.Select(endpoint => endpoint.Text))}")
        {
            Address = endpoints.Length == 1 ? endpoints[0].Host : null,
            Port = endpoints.Length == 1 ? endpoints[0].Port : null,
            IsDefault = options.Addresses.Count == 0,
            IsEncrypted = options.Credentials is null ? endpoints[0].IsEncrypted : null,
        };
    }

    public static ServerNames OfChannelOfOthers(ClipClientOptions options) => new(options, Unknown.Subject);
}
