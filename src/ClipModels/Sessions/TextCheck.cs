namespace ClipGrpc.Models.Sessions;

/// <summary>Whether a text tower can read a text: an id beyond the table would read foreign memory.</summary>
internal static class TextCheck
{
    /// <param name="ids">From start to end token.</param>
    /// <param name="index">Of the text in its batch.</param>
    /// <param name="contextLength">Most tokens.</param>
    /// <param name="vocabularySize">Ids are below it.</param>
    /// <exception cref="ClipException">No tokens, too many, or an unknown one.</exception>
    public static void Check(ReadOnlySpan<int> ids, int index, int contextLength, int vocabularySize)
    {
        if (ids.IsEmpty || ids.Length > contextLength)
        {
            throw new ClipException(
                ClipErrorCode.InvalidInput,
                $"Text {index} has {ids.Length} tokens; the model takes 1 to {contextLength}.");
        }

        var wrong = ids.IndexOfAnyExceptInRange(0, vocabularySize - 1);
        if (wrong >= 0)
        {
            throw new ClipException(
                ClipErrorCode.InvalidInput,
                $"Text {index} has the token id {ids[wrong]}; the model's ids are 0 to {vocabularySize - 1}.");
        }
    }
}
