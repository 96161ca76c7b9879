namespace Cecelia.Relay.Cli;

/// <summary>Source of a setting's value. Later members take precedence.</summary>
internal enum SettingSource
{
    Default,
    AppSettings,
    Environment,
    CommandLine,

    /// <summary>The content of a file named by another setting.</summary>
    File,

    /// <summary>The default, scaled down to fit the memory limit.</summary>
    Scaled,

    /// <summary>The default, lowered to fit the limit of open files.</summary>
    Lowered,
}
