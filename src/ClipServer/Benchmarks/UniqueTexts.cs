namespace ClipGrpc.Server.Benchmarks;

/// <summary>Texts of a given number of tokens, no two alike, so that no cache has them.</summary>
internal static class UniqueTexts
{
    private const int Letters = 26;

    /// <summary>A start token and an end token.</summary>
    private const int OwnTokens = 2;

    // Another beginning in each process: a server may remember what the last one sent.
    private static long _next = Random.Shared.Next();

    /// <summary>Letters, which are one word and one token each in every vocabulary of CLIP.</summary>
    /// <param name="tokens">Start and end included.</param>
    public static string OfTokens(int tokens)
    {
        var letters = new char[tokens - OwnTokens];
        var number = Interlocked.Increment(ref _next);
        foreach (ref var letter in letters.AsSpan())
        {
            letter = (char)('a' + number % Letters);
            number /= Letters;
        }

        return string.Join(' ', letters);
    }
}
