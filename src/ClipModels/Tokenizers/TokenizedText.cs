namespace ClipGrpc.Models.Tokenizers;

/// <summary>A text as a model reads it.</summary>
/// <param name="Ids">Start token … end token, at most the context length, no padding.</param>
/// <param name="TokenCount">
/// Tokens of the whole text, start and end token included, before any cut. If <see cref="ReadPartly"/>, at least so
/// many.
/// </param>
internal readonly record struct TokenizedText(int[] Ids, int TokenCount)
{
    public bool Truncated => TokenCount > Ids.Length;

    /// <summary>The context was full before the text's end, and the rest was not looked at.</summary>
    public bool ReadPartly { get; init; }
}
