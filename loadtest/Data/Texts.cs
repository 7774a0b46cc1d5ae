using System.Globalization;

namespace ClipGrpc.LoadTest.Data;

/// <summary>Texts of known length in tokens, no two alike, so that no cache answers.</summary>
internal static class Texts
{
    private const int Numbers = 1_000_000_000;

    // Another beginning in each process: a server may remember what the last one sent.
    private static long _next = Random.Shared.Next(Numbers);

    /// <summary>3 words and at most 9 digits: at most 14 tokens with start and end.</summary>
    public static string Short() => $"a photo of {NextNumber()}";

    /// <summary>More tokens than a context of 77 holds; the number stands first, so that the cut keeps it.</summary>
    public static string Long() =>
        Short() + string.Concat(Enumerable.Repeat(" on the table in the house of the cat", 9));

    public static string[] ManyShort(int count) => [.. Enumerable.Range(0, count).Select(_ => Short())];

    private static string NextNumber() =>
        (Interlocked.Increment(ref _next) % Numbers).ToString(CultureInfo.InvariantCulture);
}
