namespace ClipGrpc.Cli.Evaluation;

/// <summary>
/// Colours of shares: blues where the class was right, oranges where it was not. The steps are narrow for small shares,
/// because an error is seldom a large part of its class.
/// </summary>
internal static class ShareColours
{
    private static readonly double[] Bounds = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1];

    private static readonly string[] Blues =
        ["#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c"];

    private static readonly string[] Oranges =
        ["#fdc692", "#fdae6b", "#fd9a4e", "#f67f2b", "#e6600e", "#c24502", "#8c2d04"];

    public static int Levels => Bounds.Length;

    /// <summary>The largest share of a level.</summary>
    public static double Bound(int level) => Bounds[level];

    public static int LevelOf(double share) => Array.FindIndex(Bounds, bound => share <= bound);

    public static string Of(int level, bool correct) => (correct ? Blues : Oranges)[level];

    /// <summary>A colour for text on a level's colour.</summary>
    public static string TextOn(int level) => level >= 4 ? "#ffffff" : "#222222";
}
