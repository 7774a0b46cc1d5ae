namespace ClipGrpc.Server.Access;

/// <summary>What a caller may do.</summary>
[Flags]
internal enum Roles
{
    None = 0,

    /// <summary>Embed, classify, rank, and make label sets.</summary>
    Infer = 1,

    /// <summary>List the models and their limits.</summary>
    ModelsRead = 2,

    /// <summary>Load and unload models.</summary>
    ModelsWrite = 4,

    /// <summary>Read the metrics.</summary>
    Metrics = 8,

    All = Infer | ModelsRead | ModelsWrite | Metrics,
}
