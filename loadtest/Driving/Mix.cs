using System.Globalization;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>Which workload each call of a load is of: by weight, evenly spread, always in the same order.</summary>
internal sealed class Mix
{
    private const int LargestSum = 10_000;

    private readonly int[] _pattern;

    private Mix(IReadOnlyList<(string Name, int Weight)> parts)
    {
        Names = [.. parts.Select(part => part.Name)];
        var sum = parts.Sum(part => part.Weight);
        var credit = new int[parts.Count];
        _pattern = new int[sum];
        for (var i = 0; i < sum; i++)
        {
            for (var part = 0; part < parts.Count; part++)
                credit[part] += parts[part].Weight;
            var next = Array.IndexOf(credit, credit.Max());
            credit[next] -= sum;
            _pattern[i] = next;
        }
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>The index in <see cref="Names"/> of a call's workload.</summary>
    public int this[long call] => _pattern[call % _pattern.Length];

    /// <summary>Reads <c>embed=3,classify=1</c>; a name alone has the weight 1.</summary>
    /// <exception cref="LoadTestException">Not such a text.</exception>
    public static Mix Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries).Select(ParsePart).ToList();
        if (parts.Select(part => part.Name).Distinct(StringComparer.Ordinal).Count() < parts.Count)
            throw new LoadTestException($"the mix \"{text}\" names a workload twice.");
        if (parts.Sum(part => (long)part.Weight) > LargestSum)
            throw new LoadTestException($"the weights of the mix \"{text}\" are more than {LargestSum} together.");

        return new Mix(parts);
    }

    private static (string Name, int Weight) ParsePart(string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return part.Length > 0 ? (part, 1) : throw new LoadTestException("a part of the mix is empty.");

        return int.TryParse(part.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var weight)
            && weight is > 0 and <= LargestSum && equals > 0
            ? (part[..equals].Trim(), weight)
            : throw new LoadTestException(
                $"the part \"{part}\" of the mix is not NAME=WEIGHT with a weight of 1 or more.");
    }
}
