namespace Cecelia.Relay.Cli;

/// <summary>Where a setting's value came from; a later one wins.</summary>
internal enum SettingSource
{
    Default,
    AppSettings,
    Environment,
    CommandLine,

    /// <summary>The content of a file that another setting names.</summary>
    File,

    /// <summary>The default, scaled down to fit the memory limit.</summary>
    Scaled,

    /// <summary>The default, lowered to fit the limit of open files.</summary>
    Lowered,
}
