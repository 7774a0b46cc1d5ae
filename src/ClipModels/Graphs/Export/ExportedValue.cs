namespace ClipGrpc.Models.Graphs.Export;

/// <summary>An input or output of a graph.</summary>
/// <param name="Shape">Human-readable: <c>[n, 224, 224, 3]</c>; names are lengths that vary.</param>
internal sealed record ExportedValue(string Name, string Type, string Shape);
