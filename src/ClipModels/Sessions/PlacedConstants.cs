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

    public PlacedConstants(IReadOnlyList<GraphConstant> constants, SessionOptions options)
    {
        try
        {
            foreach (var constant in constants)
                options.AddInitializer(constant.Name, Place(constant));
        }
        catch
        {
            Dispose();
            throw;
        }
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

    private unsafe OrtValue Place(GraphConstant constant)
    {
        var pin = constant.Data.Pin();
        _pins.Add(pin);
        var value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, constant.Type, [.. constant.Shape], (nint)pin.Pointer, constant.Data.Length);
        _values.Add(value);
        return value;
    }
}
