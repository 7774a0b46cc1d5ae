namespace ClipGrpc.Cli.Video.Sources;

internal enum VideoSourceKind
{
    File,

    /// <summary>An address of another machine.</summary>
    Network,

    /// <summary>A camera of this machine.</summary>
    Device,

    /// <summary>Standard input.</summary>
    Input,
}
