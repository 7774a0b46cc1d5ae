namespace ClipGrpc.Server.Access;

/// <summary>Who makes a call.</summary>
/// <param name="Name">For logs: the name of an API key, a certificate's or token's subject.</param>
/// <param name="MetricLabel">One of few: an API key's name, or how the caller was identified.</param>
/// <param name="Roles">What the caller may do.</param>
internal sealed record Caller(string Name, string MetricLabel, Roles Roles)
{
    /// <summary>Null: the caller has no limits of its own.</summary>
    public CallerLimits? Limits { get; init; }

    /// <summary>Whether credentials would change who this is.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Over the admin socket, whose file only the operator can open.</summary>
    public static Caller Operator { get; } = new("operator", "operator", Roles.All);

    public static Caller Anonymous(Roles roles) => new("anonymous", "anonymous", roles) { IsAnonymous = true };

    /// <summary>The caller of a request that passed <see cref="AccessControl"/>.</summary>
    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request has no caller.");
}
