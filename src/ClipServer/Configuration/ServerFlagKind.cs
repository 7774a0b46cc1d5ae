namespace ClipGrpc.Server.Configuration;

internal enum ServerFlagKind
{
    /// <summary>Takes one value, once.</summary>
    Value,

    /// <summary>Takes one value and may stand several times.</summary>
    Repeatable,

    /// <summary>Takes one value for all models, and <c>NAME=VALUE</c> for each that has another.</summary>
    PerModel,

    /// <summary>Takes no value; being there means true.</summary>
    Switch,
}
