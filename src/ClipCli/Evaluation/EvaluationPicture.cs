using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>A picture of a class, or what could not be read of it.</summary>
/// <param name="Class">The place of its class, from 0.</param>
/// <param name="Key">Names this very content among stored embeddings.</param>
/// <param name="Input">The picture to send, or the problem with it.</param>
internal sealed record EvaluationPicture(int Class, EmbeddingKey Key, CliInput Input);
