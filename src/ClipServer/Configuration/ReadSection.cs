namespace ClipGrpc.Server.Configuration;

/// <summary>Binds a section to its options and reports the values that are not valid.</summary>
internal delegate void ReadSection<in TOptions>(
    IConfigurationSection section, TOptions options, SettingErrors errors);
