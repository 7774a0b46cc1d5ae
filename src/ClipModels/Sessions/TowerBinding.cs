using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// A session's inputs and outputs of one shape, bound once to buffers that stay. Used by one thread at a time.
/// </summary>
/// <param name="binding">
/// Null: the values are given with each run. The runtime copies what is bound once, when it is bound, for a device that
/// has not declared the host's memory as its own, as plug-ins do; later runs would read the first inputs.
/// </param>
internal sealed class TowerBinding(OrtIoBinding? binding, DeviceMemory memory) : IDisposable
{
    private readonly List<(string Name, OrtValue Value)> _inputValues = [];
    private readonly List<(string Name, OrtValue Value)> _outputValues = [];
    private readonly List<OrtValue> _values = [];
    private readonly List<(TowerBuffer Buffer, int Bytes)> _inputs = [];
    private readonly List<(TowerBuffer Buffer, int Bytes)> _outputs = [];

    /// <summary>How this shape is run, where the session found that out; null: as the session runs any.</summary>
    public RunOptions? ChosenOptions { get; set; }

    public TowerBinding Input(string name, TowerBuffer buffer, TensorElementType type, params long[] shape)
    {
        var value = Value(buffer, type, shape);
        binding?.BindInput(name, value);
        _inputValues.Add((name, value));
        _inputs.Add((buffer, BytesOf(type, shape)));
        return this;
    }

    public TowerBinding Output(string name, TowerBuffer buffer, TensorElementType type, params long[] shape)
    {
        var value = Value(buffer, type, shape);
        binding?.BindOutput(name, value);
        _outputValues.Add((name, value));
        _outputs.Add((buffer, BytesOf(type, shape)));
        return this;
    }

    public void Run(InferenceSession session, RunOptions options)
    {
        if (binding is not null)
        {
            session.RunWithBinding(options, binding);
            return;
        }

        session.Run(
            options,
            [.. _inputValues.Select(input => input.Name)], [.. _inputValues.Select(input => input.Value)],
            [.. _outputValues.Select(output => output.Name)], [.. _outputValues.Select(output => output.Value)]);
    }

    public void CopyIn()
    {
        foreach ((var buffer, var bytes) in _inputs)
            memory.CopyIn(buffer, bytes);
        memory.Synchronize();
    }

    public void CopyOut()
    {
        foreach ((var buffer, var bytes) in _outputs)
            memory.CopyOut(buffer, bytes);
        memory.Synchronize();
    }

    public void Dispose()
    {
        binding?.Dispose();
        foreach (var value in _values)
            value.Dispose();
    }

    private OrtValue Value(TowerBuffer buffer, TensorElementType type, long[] shape)
    {
        var value = buffer.DeviceValue(type, shape);
        _values.Add(value);
        return value;
    }

    private static int BytesOf(TensorElementType type, long[] shape)
    {
        long elements = 1;
        foreach (var side in shape)
            elements *= side;
        return checked((int)elements * (type == TensorElementType.UInt8 ? sizeof(byte) : sizeof(float)));
    }
}
