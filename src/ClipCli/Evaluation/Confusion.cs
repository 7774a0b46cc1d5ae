namespace ClipGrpc.Cli.Evaluation;

/// <summary>Images of the class <paramref name="Actual"/> that were taken for <paramref name="Predicted"/>.</summary>
/// <param name="Share">Of the class's images; 0 to 1.</param>
internal readonly record struct Confusion(int Actual, int Predicted, int Images, double Share);
