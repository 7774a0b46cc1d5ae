using System.Buffers;
using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// A graph's constants as the runtime sees them: values over the memory where the weights lie, held in place until
/// this is disposed of, which must be after the session.
/// </summary>
internal sealed class PlacedConstants : IDisposable
{
    private readonly List<MemoryHandle> _pins = [];
    private readonly List<OrtValue> _values = [];
    private readonly IReadOnlyList<GraphConstant> _constants;

    public PlacedConstants(IReadOnlyList<GraphConstant> constants)
    {
        _constants = constants;
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

    /// <summary>Gives them to sessions with these options.</summary>
    public void AddTo(SessionOptions options)
    {
        for (var i = 0; i < _values.Count; i++)
            options.AddInitializer(_constants[i].Name, _values[i]);
    }

    public void Dispose()
    {
        foreach (var value in _values)
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
        _values.Add(OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, constant.Type, [.. constant.Shape], (nint)pin.Pointer,
            constant.Data.Length));
    }
}
