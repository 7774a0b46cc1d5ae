namespace ClipGrpc.Models.Graphs;

/// <summary>What flows from one half of a block to the next: the running sum, and its layer normalisation.</summary>
internal readonly record struct ResidualStream(string Sum, string Normalized);
