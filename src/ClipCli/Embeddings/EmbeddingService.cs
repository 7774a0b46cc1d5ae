using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;
using Grpc.Core;

namespace ClipGrpc.Cli.Embeddings;

/// <summary>One model at a server, for long runs: the run ends when the model changes or the server is gone.</summary>
internal sealed class EmbeddingService
{
    // Several calls' worth: a lone call that fails is listed, but a server that is gone for longer than calls wait ends
    // the run.
    private const int MostUnavailable = 256;

    private readonly ClipClient _client;
    private readonly ClipModel _model;
    private int _unavailable;

    /// <exception cref="CliException">The server does not say what the model is.</exception>
    public EmbeddingService(ClipClient client, ClipModel model)
    {
        _client = client;
        _model = model;
        Dimensions = model.Architecture?.EmbeddingDimensions ?? 0;
        if (Dimensions == 0)
            throw new CliException(ExitCode.Failure, $"the server does not report the dimensions of {model.Name}.");
        if (model.Revision.Length == 0)
            throw new CliException(ExitCode.Failure, $"the server does not report the revision of {model.Name}.");
    }

    public int Dimensions { get; }

    /// <summary>What decides on embeddings: weights and precision.</summary>
    public string Identity => $"{_model.Revision} {_model.Precision}";

    /// <returns>One result per input, in their order.</returns>
    public IAsyncEnumerable<ClipResult<ClipEmbedding>> EmbedAsync(
        IAsyncEnumerable<CliInput> inputs, CancellationToken cancellationToken)
    {
        var options = new EmbedCallOptions
        {
            Model = _model.Name,
            Priority = Priority.Bulk,
            OnCallFailure = CallFailure.PerItem,
        };
        return _client.EmbedAsync(inputs.Select(input => input.Content!), options, cancellationToken).Select(Check);
    }

    private ClipResult<ClipEmbedding> Check(ClipResult<ClipEmbedding> result)
    {
        if (result.Error is { } error)
        {
            var gone = error.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded;
            _unavailable = gone ? _unavailable + 1 : 0;
            return _unavailable < MostUnavailable
                ? result
                : throw new CliException(
                    ExitCode.Failure,
                    $"the server no longer responds ({error.Message.TrimEnd('.')}). "
                    + "Continue with the same command.");
        }

        _unavailable = 0;
        var revision = result.Value.Model.Revision;
        if (revision.Length > 0 && revision != _model.Revision)
        {
            throw new CliException(
                ExitCode.Failure,
                $"the model {_model.Name} was replaced during the run: {_model.Revision} by {revision}.");
        }

        foreach (var value in result.Value.Vector.Span)
        {
            if (!float.IsFinite(value))
            {
                var problem = new ClipError(StatusCode.Internal, "The embedding is not finite.");
                return new ClipResult<ClipEmbedding>(problem);
            }
        }

        return result;
    }
}
