namespace ClipGrpc.Models.Sessions;

/// <summary>Shared by both towers: inputs are copied into persistent buffers that are bound to the session.</summary>
internal abstract class OnnxEncoder<TInput> : IEncoder<TInput>
{
    private readonly TowerSession _session;
    private readonly DeviceMemory _memory;
    private readonly EmbeddingBuffers _results;
    private readonly List<TowerBinding> _bindings = [];

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

    /// <exception cref="ClipException">An input that the model cannot take, or the runtime failed.</exception>
    public void Encode(ReadOnlySpan<TInput> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        _session.Run(Fill(inputs));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    /// <exception cref="ClipException">As for <see cref="Encode"/>.</exception>
    public void WarmUp(ReadOnlySpan<TInput> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        _session.WarmUp(Fill(inputs));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    public void Dispose()
    {
        foreach (var binding in _bindings)
            binding.Dispose();
        _memory.Dispose();
        _session.Dispose();
    }

    /// <summary>Puts a batch into the buffers.</summary>
    /// <returns>The binding of its shape.</returns>
    protected abstract TowerBinding Fill(ReadOnlySpan<TInput> inputs);

    /// <summary>Room for a whole batch of an input.</summary>
    /// <exception cref="ClipException">The device has none; then this encoder is disposed.</exception>
    protected TowerBuffer Allocate(int items, int bytesOfEach) =>
        OrDispose(() => _memory.Allocate(checked(items * bytesOfEach)));

    /// <summary>A binding for batches of n, with its outputs.</summary>
    protected TowerBinding Bind(int n)
    {
        var binding = _session.CreateBinding(_memory);
        _bindings.Add(binding);
        return _results.Bind(binding, n);
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
