namespace ClipGrpc.Server.Access;

/// <summary>An API key as its file has it: not the key, but its digest.</summary>
/// <param name="Digest">SHA-256 of the key's UTF-8 bytes.</param>
/// <param name="Rate">Items per second; null: any.</param>
/// <param name="Burst">Items at once.</param>
/// <param name="Concurrency">Calls at once; null: any number.</param>
internal sealed record ApiKey(
    string Name, ReadOnlyMemory<byte> Digest, Roles Roles, double? Rate, int Burst, int? Concurrency)
{
    /// <summary>The roles of a key that names none.</summary>
    public const Roles DefaultRoles = Roles.Infer | Roles.ModelsRead;

    public bool HasSameLimits(ApiKey other) =>
        (Rate, Burst, Concurrency) == (other.Rate, other.Burst, other.Concurrency);
}
