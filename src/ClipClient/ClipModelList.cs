using System.Diagnostics;

namespace ClipGrpc.Client;

/// <summary>The models of a server, and its limits.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed record ClipModelList
{
    /// <summary>The default model first, the others in ordinal order of their names; in any state.</summary>
    public IReadOnlyList<ClipModel> Models { get; init; } = [];

    /// <summary>The server's limits.</summary>
    public ClipLimits Limits { get; init; } = new();

    /// <summary>The version of the server, for example "1.2.3"; empty if the server does not report it.</summary>
    public string ServerVersion { get; init; } = "";

    /// <summary>The models.</summary>
    public override string ToString() => Models.Count == 0 ? "no models" : string.Join(", ", Models);

    internal static ClipModelList From(V1.ListModelsResponse response) => new()
    {
        Models = [.. response.Models.Select(ClipModel.From)],
        Limits = ClipLimits.From(response.Limits),
        ServerVersion = response.ServerVersion,
    };
}
