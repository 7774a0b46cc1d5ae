namespace ClipGrpc.Server.Benchmarks;

/// <summary>Texts of one length.</summary>
/// <param name="Tokens">With start and end token; at most the model's context.</param>
/// <param name="TextsPerSecond">With tokenization and batching, as the server does it.</param>
/// <param name="RawTextsPerSecond">The forward pass alone, at the best batch size.</param>
internal sealed record TextRate(int Tokens, double TextsPerSecond, double RawTextsPerSecond);
