namespace ClipGrpc.Cli.Diagnosis;

internal enum FindingState
{
    Ok,
    Warn,
    Fail,
}
