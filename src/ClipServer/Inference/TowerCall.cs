using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Server.Inference;

/// <summary>The values of one forward pass, made once per shape over buffers that stay.</summary>
internal sealed record TowerCall(
    string[] InputNames, OrtValue[] Inputs, string[] OutputNames, OrtValue[] Outputs) : IDisposable
{
    public void Dispose()
    {
        foreach (OrtValue value in Inputs)
            value.Dispose();
        foreach (OrtValue value in Outputs)
            value.Dispose();
    }
}
