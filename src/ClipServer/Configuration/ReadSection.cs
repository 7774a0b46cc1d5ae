namespace ClipGrpc.Server.Configuration;

/// <summary>Fills options from their section and notes what does not fit.</summary>
internal delegate void ReadSection<in TOptions>(
    IConfigurationSection section, TOptions options, SettingErrors errors);
