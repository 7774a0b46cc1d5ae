using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>Rounds in turns and what they say: medians, and the result of the medians.</summary>
internal sealed record ComparisonResult(ComparisonGoal Goal, IReadOnlyList<Round> Rounds)
{
    public double First => Statistics.Median(Rounds.Select(round => round.First));

    public double Second => Statistics.Median(Rounds.Select(round => round.Second));

    public double Result => Goal.Combine(First, Second);

    /// <summary>The median of the rounds' own results: less moved by a machine whose speed drifts.</summary>
    public double MedianOfRounds => Statistics.Median(Results);

    public double Lowest => Results.Min();

    public double Highest => Results.Max();

    /// <summary>Medians of what else was seen in numbers, such as <c>p99_ms</c>.</summary>
    public IReadOnlyDictionary<string, double> Besides => Rounds
        .SelectMany(round => round.Notes ?? new Dictionary<string, object>())
        .Where(note => note.Value is double)
        .GroupBy(note => note.Key, note => (double)note.Value)
        .ToDictionary(notes => notes.Key, Statistics.Median);

    private IEnumerable<double> Results => Rounds.Select(round => Goal.Combine(round.First, round.Second));

    /// <summary>For JSON: the goal's own keys, and every round.</summary>
    public Dictionary<string, object> ToJson() => new()
    {
        ["what"] = Goal.Name,
        ["question"] = Goal.Question,
        [Goal.First] = First,
        [Goal.Second] = Second,
        [Goal.Result] = Result,
        ["median_of_rounds"] = MedianOfRounds,
        ["lowest_round"] = Lowest,
        ["highest_round"] = Highest,
        ["target"] = Goal.Target,
        ["met"] = Goal.IsMetBy(Result),
        ["besides"] = Besides,
        ["runs"] = Rounds.Select(ToJson).ToList(),
    };

    private Dictionary<string, object> ToJson(Round round)
    {
        var json = new Dictionary<string, object>
        {
            [Goal.First] = round.First,
            [Goal.Second] = round.Second,
            [Goal.Result] = Goal.Combine(round.First, round.Second),
        };
        foreach (var (key, value) in round.Notes ?? new Dictionary<string, object>())
            json[key] = value;
        return json;
    }
}
