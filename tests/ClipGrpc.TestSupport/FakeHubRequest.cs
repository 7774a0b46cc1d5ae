namespace ClipGrpc.TestSupport;

/// <summary>A request that the <see cref="FakeHub"/> got.</summary>
/// <param name="AtStore">Whether it came to the store's address rather than the hub's.</param>
internal sealed record FakeHubRequest(string Method, string Path, bool AtStore, string? Authorization, string? Range)
{
    public bool IsContentOf(string file) =>
        Method == "GET" && AtStore && Path.EndsWith("/" + file, StringComparison.Ordinal);
}
