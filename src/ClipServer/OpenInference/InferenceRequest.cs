using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.OpenInference;

/// <summary>A request in either format.</summary>
/// <param name="Outputs">Empty: all that the inputs allow.</param>
internal sealed record InferenceRequest(
    string Model, string Version, string Id, IReadOnlyList<InputTensor> Inputs,
    IReadOnlyList<RequestedOutput> Outputs, InferenceSettings Settings);

/// <param name="Field">Where the request has it: <c>outputs[0]</c>.</param>
/// <param name="Classes">How many of the largest values are named; 0: the values themselves.</param>
internal sealed record RequestedOutput(string Name, string Field, int Classes)
{
    /// <exception cref="ClipException">A parameter is not valid.</exception>
    public static RequestedOutput Create(string name, string field, ParameterSet parameters) =>
        new(name, field, (int)Math.Min(parameters.FindCount("classification", least: 1) ?? 0, int.MaxValue));
}

/// <param name="Data">As in raw contents: little endian, elements of BYTES each after its length.</param>
internal sealed record OutputTensor(string Name, Datatype Datatype, int[] Shape, byte[] Data);

/// <param name="Model">The model's own name.</param>
internal sealed record InferenceResult(string Model, string Id, IReadOnlyList<OutputTensor> Outputs);

/// <summary>What a request needs of the call that it came with.</summary>
/// <param name="ReserveResponseAsync">Takes the memory for so many bytes of results; called once.</param>
internal sealed record InferenceCall(HttpContext Http, WorkContext Work, Func<long, Task> ReserveResponseAsync);
