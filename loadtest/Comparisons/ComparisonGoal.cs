namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What a comparison asks.</summary>
/// <param name="Name">As <c>--what</c> takes it.</param>
/// <param name="Question">Human-readable.</param>
/// <param name="First">Key of the first number, such as <c>served_items_per_second</c>.</param>
/// <param name="Second">Key of the second.</param>
/// <param name="Result">Key of what is made of both: <c>ratio</c>, or a difference.</param>
/// <param name="IsDifference">First − second; otherwise first ÷ second.</param>
/// <param name="Least">The target: at least.</param>
/// <param name="Most">The target: at most.</param>
internal sealed record ComparisonGoal(
    string Name, string Question, string First, string Second, string Result = "ratio", bool IsDifference = false,
    double? Least = null, double? Most = null)
{
    public double Combine(double first, double second) => IsDifference ? first - second : first / second;

    public bool IsMetBy(double result) => !(result < Least) && !(result > Most) && double.IsFinite(result);

    public string Target => (Least, Most) switch
    {
        ({ } least, { } most) => $"{least} to {most}",
        ({ } least, null) => $"≥ {least}",
        (null, { } most) => $"≤ {most}",
        _ => "",
    };
}
