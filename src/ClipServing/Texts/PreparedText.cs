using ClipGrpc.Models.Tokenizers;

namespace ClipGrpc.Serving.Texts;

/// <summary>A text's tokens, and how long it took to make them.</summary>
internal readonly record struct PreparedText(TokenizedText Tokens, TimeSpan Elapsed);
