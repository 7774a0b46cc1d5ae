namespace ClipGrpc.Models.Graphs.Export;

/// <summary>A tower that was written.</summary>
/// <param name="File">Name of the ONNX file.</param>
/// <param name="WeightsFile">Name of the file beside it with its large tensors.</param>
/// <param name="Bytes">Of both files.</param>
/// <param name="Inputs">In the graph's order.</param>
/// <param name="Outputs">In the graph's order.</param>
/// <param name="FusedOperators">Operators of <c>com.microsoft</c> that it needs, sorted.</param>
internal sealed record ExportedTower(
    string File, string WeightsFile, long Bytes, IReadOnlyList<ExportedValue> Inputs,
    IReadOnlyList<ExportedValue> Outputs, IReadOnlyList<string> FusedOperators);
