using ClipGrpc.Models.Configuration;

namespace ClipGrpc.Models.Sessions;

/// <summary>Whether a text tower can read a text: an id beyond the table would read foreign memory.</summary>
internal static class TextCheck
{
    /// <param name="ids">From start to end token. The end token may occur before: what follows is not read.</param>
    /// <param name="index">Of the text in its batch.</param>
    /// <returns>The place at which the text's embedding is taken.</returns>
    /// <exception cref="ClipException">No tokens, too many, an unknown one, or no end token.</exception>
    public static int FindEnd(ReadOnlySpan<int> ids, int index, ClipConfig config)
    {
        (var contextLength, var vocabularySize) = (config.ContextLength, config.VocabularySize);
        if (ids.IsEmpty || ids.Length > contextLength)
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"Text {index} has {ids.Length} tokens; it must have 1 to {contextLength}.");
        }

        var wrong = ids.IndexOfAnyExceptInRange(0, vocabularySize - 1);
        if (wrong >= 0)
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"Text {index} has the token id {ids[wrong]}; the model's ids are 0 to {vocabularySize - 1}.");
        }

        var end = config.PoolingIndex(ids);
        return end >= 0
            ? end
            : throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"Text {index} does not have the token id {config.EndToken}, the model's end "
                + "token (eos_token_id): the configuration does not match the vocabulary.");
    }
}
