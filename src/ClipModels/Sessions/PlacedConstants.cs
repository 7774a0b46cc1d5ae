using System.Buffers;
using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// A graph's constants as the runtime sees them: values over the memory where the weights lie. What lies in managed
/// memory is held in place until this is disposed of, which must be after the session.
/// </summary>
internal sealed class PlacedConstants : IDisposable
{
    private readonly List<MemoryHandle> _pins = [];
    private readonly List<(string Name, OrtValue Value)> _values = [];

    public PlacedConstants(IReadOnlyList<GraphConstant> constants)
    {
        try
        {
            foreach (var constant in constants)
                Place(constant);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Adds a constant that lies in memory of its own.</summary>
    public void Add(FileConstant constant, nint address) =>
        Add(constant.Name, constant.Type, constant.Shape, address, constant.Region.Length);

    /// <summary>Gives them to sessions with these options.</summary>
    public void AddTo(SessionOptions options)
    {
        foreach ((var name, var value) in _values)
            options.AddInitializer(name, value);
    }

    public void Dispose()
    {
        foreach ((_, var value) in _values)
            value.Dispose();
        foreach (var pin in _pins)
            pin.Dispose();
        _values.Clear();
        _pins.Clear();
    }

    private unsafe void Place(GraphConstant constant)
    {
        var pin = constant.Data.Pin();
        _pins.Add(pin);
        Add(constant.Name, constant.Type, constant.Shape, (nint)pin.Pointer, constant.Data.Length);
    }

    private void Add(string name, TensorElementType type, IEnumerable<long> shape, nint address, long bytes) =>
        _values.Add((
            name, OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, [.. shape], address, bytes)));
}
