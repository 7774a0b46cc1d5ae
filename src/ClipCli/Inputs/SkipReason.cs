namespace ClipGrpc.Cli.Inputs;

/// <summary>Why a folder's file or folder was left out.</summary>
internal enum SkipReason
{
    NotAnImage,
    Hidden,
    LinkedFolder,
    Unreadable,
}
