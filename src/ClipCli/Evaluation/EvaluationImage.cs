using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>An image of a class, or what could not be read of it.</summary>
/// <param name="Class">The place of its class, from 0.</param>
/// <param name="Key">Names this very content among stored embeddings.</param>
/// <param name="Input">The image to send, or the problem with it.</param>
internal sealed record EvaluationImage(int Class, EmbeddingKey Key, CliInput Input);
