namespace ClipGrpc.Models.Tokenizers;

/// <summary>A text as a model reads it.</summary>
/// <param name="Ids">Start token … end token, at most the context length, no padding.</param>
/// <param name="TokenCount">Tokens of the whole text, start and end token included, before any cut.</param>
internal readonly record struct TokenizedText(int[] Ids, int TokenCount)
{
    public bool Truncated => TokenCount > Ids.Length;
}
