namespace ClipGrpc.LoadTest.Serving;

/// <summary>Where a measured server is.</summary>
/// <param name="Grpc">Of its gRPC services.</param>
/// <param name="Http">Of its interfaces over HTTP; null: it has none.</param>
internal sealed record ServerAddresses(Uri Grpc, Uri? Http)
{
    /// <summary>One line, with which a server process says where it is.</summary>
    public override string ToString() => $"{Grpc} {Http}".TrimEnd();

    /// <summary>Null: the line is something else.</summary>
    public static ServerAddresses? Parse(string? line)
    {
        var parts = line?.Split(' ') ?? [];
        return parts.Length is 1 or 2 && Array.TrueForAll(parts, part => Uri.TryCreate(part, UriKind.Absolute, out _))
            ? new ServerAddresses(new Uri(parts[0]), parts.Length == 2 ? new Uri(parts[1]) : null)
            : null;
    }
}
