namespace ClipGrpc.Server.Configuration;

/// <summary>One section below <c>Clip</c>.</summary>
internal interface IClipSection
{
    /// <summary>The name of the section, for example <c>Server</c> for <c>Clip:Server</c>.</summary>
    string Name { get; }

    /// <summary>Returns all errors of the section.</summary>
    IReadOnlyCollection<SettingError> FindErrors();
}
