using System.Text;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Unicode normalisation form C (Unicode Standard Annex 15). The framework's own does nothing in
/// globalization-invariant mode, in which the server runs.
/// </summary>
internal static class CanonicalComposition
{
    private const char FirstMark = '\u0300';

    public static string Of(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange(FirstMark, char.MaxValue) < 0 || IsComposed(text))
            return text;

        var decomposed = Decompose(text);
        OrderMarks(decomposed);
        return Compose(decomposed);
    }

    private static bool IsComposed(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (CanonicalMappings.MayChange(rune.Value))
                return false;
        }

        return true;
    }

    private static List<int> Decompose(string text)
    {
        var codePoints = new List<int>(text.Length);
        var pending = new Stack<int>();
        foreach (var rune in text.EnumerateRunes())
        {
            pending.Push(rune.Value);
            while (pending.TryPop(out var codePoint))
            {
                if (!CanonicalMappings.TryDecompose(codePoint, out var first, out var second))
                {
                    codePoints.Add(codePoint);
                    continue;
                }

                if (second != 0)
                    pending.Push(second);
                pending.Push(first);
            }
        }

        return codePoints;
    }

    /// <summary>Sorts each run of marks by combining class; equal classes keep their order.</summary>
    private static void OrderMarks(List<int> codePoints)
    {
        for (var start = 0; start < codePoints.Count; start++)
        {
            var end = start;
            while (end < codePoints.Count && CanonicalMappings.ClassOf(codePoints[end]) != 0)
                end++;
            if (end - start > 1)
            {
                var ordered = codePoints[start..end].OrderBy(CanonicalMappings.ClassOf).ToArray();
                for (var i = 0; i < ordered.Length; i++)
                    codePoints[start + i] = ordered[i];
            }

            start = end;
        }
    }

    private static string Compose(List<int> codePoints)
    {
        const int None = -1;
        int starter = None, written = 0, lastClass = 0;
        foreach (var codePoint in codePoints.ToArray())
        {
            var markClass = CanonicalMappings.ClassOf(codePoint);
            var adjacent = starter == written - 1;
            var reachable = starter != None && (adjacent || (lastClass != 0 && lastClass < markClass));
            if (reachable && CanonicalMappings.TryCompose(codePoints[starter], codePoint, out var composed))
            {
                codePoints[starter] = composed;
                continue;
            }

            if (markClass == 0)
                starter = written;
            lastClass = markClass;
            codePoints[written++] = codePoint;
        }

        var text = new StringBuilder(written);
        for (var i = 0; i < written; i++)
            text.Append(new Rune(codePoints[i]).ToString());
        return text.ToString();
    }
}
