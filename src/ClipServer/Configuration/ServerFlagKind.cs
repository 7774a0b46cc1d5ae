namespace ClipGrpc.Server.Configuration;

internal enum ServerFlagKind
{
    /// <summary>Takes one value, once.</summary>
    Value,

    /// <summary>Takes one value and can be repeated.</summary>
    Repeatable,

    /// <summary>Takes a value for all models, or <c>NAME=VALUE</c> for one model, and can be repeated.</summary>
    PerModel,

    /// <summary>Takes no value; its presence means true.</summary>
    Switch,
}
