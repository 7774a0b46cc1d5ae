namespace ClipGrpc.Server.Configuration;

/// <summary>One section below <c>Clip</c>.</summary>
internal interface IClipSection
{
    /// <summary>Its name: <c>Server</c> for <c>Clip:Server</c>.</summary>
    string Name { get; }

    /// <summary>Everything that is wrong with it.</summary>
    IReadOnlyCollection<SettingError> FindErrors();
}
