namespace ClipGrpc.Models.Sessions;

/// <summary>Shared by both towers: inputs are copied into persistent buffers that are bound to the session.</summary>
internal abstract class OnnxEncoder<TInput> : IEncoder<TInput>
{
    private readonly TowerSession _session;
    private readonly DeviceMemory _memory;
    private readonly EmbeddingBuffers _results;
    private readonly List<TowerBinding> _bindings = [];
    private readonly List<TowerBinding> _parts = [];

    /// <param name="session">Ends with this encoder, unless others share it.</param>
    /// <exception cref="ClipException">The device has no room.</exception>
    protected OnnxEncoder(TowerSession session, int dimensions, int maxBatchSize)
    {
        _session = session;
        _memory = session.CreateMemory();
        Dimensions = dimensions;
        _results = OrDispose(() => new EmbeddingBuffers(_memory, dimensions, maxBatchSize));
    }

    public int Dimensions { get; }

    /// <summary>The execution provider in use: CPU, CUDA, or a plug-in's.</summary>
    public string Provider => _session.Device.Provider;

    /// <inheritdoc/>
    public bool LeavesCoresIdle => _session.Divides;

    /// <inheritdoc/>
    public Action? CoreIdle { private get; set; }

    /// <exception cref="ClipException">An input that the model cannot take, or the runtime failed.</exception>
    public void Encode(ReadOnlySpan<TInput> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        Run(inputs);
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    /// <exception cref="ClipException">As for <see cref="Encode"/>.</exception>
    public void WarmUp(ReadOnlySpan<TInput> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        if (_session.Divides)
            Run(inputs);
        else
            _session.WarmUp(Fill(inputs, 0, isPart: false));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    public void Dispose()
    {
        foreach (var binding in _bindings)
            binding.Dispose();
        _memory.Dispose();
        _session.Dispose();
    }

    /// <summary>The length of a batch of these inputs.</summary>
    protected virtual int LengthOf(ReadOnlySpan<TInput> inputs) => 1;

    /// <summary>Puts inputs into the buffers, after the first ones.</summary>
    /// <returns>The binding of their shape.</returns>
    protected abstract TowerBinding Fill(ReadOnlySpan<TInput> inputs, int first, bool isPart);

    /// <summary>Room for a whole batch of an input.</summary>
    /// <exception cref="ClipException">The device has none; then this encoder is disposed.</exception>
    protected TowerBuffer Allocate(int items, int bytesOfEach) =>
        OrDispose(() => _memory.Allocate(checked(items * bytesOfEach)));

    /// <summary>A binding for n inputs after the first ones, with its outputs.</summary>
    protected TowerBinding Bind(int first, int n, bool isPart)
    {
        var binding = _session.CreateBinding(_memory, isPart);
        _bindings.Add(binding);
        return _results.Bind(binding, first, n);
    }

    private void Run(ReadOnlySpan<TInput> inputs)
    {
        if (!_session.Divides)
        {
            _session.Run(Fill(inputs, 0, isPart: false));
            return;
        }

        var count = inputs.Length;
        var length = LengthOf(inputs);
        var parts = _session.PartsOf(count, length);
        if (parts == 1)
        {
            _session.RunWhole(Fill(inputs, 0, isPart: false), count, length);
            return;
        }

        var size = PartChoice.PartSize(count, parts);
        _parts.Clear();
        for (var first = 0; first < count; first += size)
            _parts.Add(Fill(inputs.Slice(first, Math.Min(size, count - first)), first, isPart: true));
        _session.RunParts(_parts, count, length, CoreIdle);
    }

    private T OrDispose<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch
        {
            Dispose();
            throw;
        }
    }
}
