namespace ClipGrpc.Server.Configuration;

/// <summary>Finds what a mistyped name was meant to be.</summary>
internal static class NearestName
{
    /// <summary>Beyond this part of its letters a name is no longer a typing error.</summary>
    private const double MaxChangedPart = 0.4;

    /// <summary>The nearest name, or null when none is near.</summary>
    public static string? Find(string text, IEnumerable<string> names) =>
        names.Select(name => (Name: name, Distance: Distance(text.ToUpperInvariant(), name.ToUpperInvariant())))
            .Where(entry => entry.Distance <= entry.Name.Length * MaxChangedPart)
            .OrderBy(entry => entry.Distance)
            .Select(entry => entry.Name)
            .FirstOrDefault();

    /// <summary>Letters to insert, delete or change (Levenshtein).</summary>
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
