using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Real encoders whose batches a test can hold back or let fail.</summary>
internal sealed class GatedEncoders(IModelOpener inner) : IModelOpener
{
    /// <summary>What the runtime says when it fails: nothing for a caller's eyes.</summary>
    public const string Secret = "bad pointer at 0xDEADBEEF";

    private readonly ManualResetEventSlim _open = new(initialState: true);
    private int _created;
    private int _failures;
    private string _message = Secret;
    private int _items;
    private int _spoiled;

    /// <summary>Encoders made, failed ones included.</summary>
    public int Created => Volatile.Read(ref _created);

    /// <summary>Inputs that went through an encoder, those of warm-ups included.</summary>
    public int Items => Volatile.Read(ref _items);

    /// <summary>From now on batches wait before they run.</summary>
    public void Close() => _open.Reset();

    public void Open() => _open.Set();

    /// <summary>So many batches from now on fail.</summary>
    public void Fail(int batches, string message = Secret)
    {
        _message = message;
        Volatile.Write(ref _failures, batches);
    }

    /// <summary>The first embedding of so many batches from now on is not a number.</summary>
    public void Spoil(int batches) => Volatile.Write(ref _spoiled, batches);

    ModelFiles IModelOpener.Open(string folder, Precision precision) =>
        new GatedModelFiles(this, inner.Open(folder, precision));

    private Gated<T> Wrap<T>(IEncoder<T> encoder)
    {
        Interlocked.Increment(ref _created);
        return new Gated<T>(this, encoder);
    }

    private void Pass(int items)
    {
        if (!_open.Wait(RunningServer.Limit))
            throw new TimeoutException("The test has left the gate closed.");
        if (Volatile.Read(ref _failures) > 0)
        {
            Interlocked.Decrement(ref _failures);
            throw new InvalidOperationException(_message);
        }

        Interlocked.Add(ref _items, items);
    }

    private sealed class Gated<T>(GatedEncoders gate, IEncoder<T> inner) : IEncoder<T>
    {
        public int Dimensions => inner.Dimensions;

        public void Encode(ReadOnlySpan<T> inputs, Span<float> embeddings, Span<float> norms)
        {
            gate.Pass(inputs.Length);
            inner.Encode(inputs, embeddings, norms);
            if (Volatile.Read(ref gate._spoiled) > 0)
            {
                Interlocked.Decrement(ref gate._spoiled);
                embeddings[0] = float.NaN;
            }
        }

        public void Dispose() => inner.Dispose();
    }

    private sealed class GatedModelFiles(GatedEncoders gate, ModelFiles inner) : ModelFiles
    {
        public override ClipConfig Config => inner.Config;

        public override string TokenizerFolder => inner.TokenizerFolder;

        public override float LogitScale => inner.LogitScale;

        public override string Identify() => inner.Identify();

        public override long Parameters => inner.Parameters;

        public override TextLengths TextLengthsFor(InferenceOptions options) => inner.TextLengthsFor(options);

        public override IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize) =>
            gate.Wrap(inner.CreateImageEncoder(options, maxBatchSize));

        public override IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
            gate.Wrap(inner.CreateTextEncoder(options, maxBatchSize));

        public override void Dispose() => inner.Dispose();
    }
}
