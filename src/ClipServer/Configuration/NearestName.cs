namespace ClipGrpc.Server.Configuration;

/// <summary>Finds the known name that a mistyped name is closest to.</summary>
internal static class NearestName
{
    /// <summary>The largest part of a name's letters that may differ.</summary>
    private const double MaxChangedPart = 0.4;

    /// <summary>The closest name, or null if none is close enough.</summary>
    public static string? Find(string text, IEnumerable<string> names) =>
        names.Select(name => (Name: name, Distance: Distance(text.ToUpperInvariant(), name.ToUpperInvariant())))
            .Where(entry => entry.Distance <= entry.Name.Length * MaxChangedPart)
            .OrderBy(entry => entry.Distance)
            .Select(entry => entry.Name)
            .FirstOrDefault();

    /// <summary>The Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var current = new int[b.Length + 1];
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(change, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[b.Length];
    }
}
