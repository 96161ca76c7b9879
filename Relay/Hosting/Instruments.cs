using System.Diagnostics.Metrics;

namespace Cecelia.Relay.Hosting;

/// <summary>Adds and registers the instruments, which report the counts of the parts of the relay as metrics.</summary>
internal static class Instruments
{
    public static void AddInstruments(this IServiceCollection services) =>
        services.AddSingleton<EventInstruments>()
            .AddSingleton<CommandInstruments>()
            .AddSingleton<StateInstruments>()
            .AddSingleton<ConnectionInstruments>()
            .AddSingleton<ProcessInstruments>()
            .AddSingleton<AccessInstruments>();

    public static void RegisterInstruments(this IServiceProvider services)
    {
        services.GetRequiredService<EventInstruments>().Register();
        services.GetRequiredService<CommandInstruments>().Register();
        services.GetRequiredService<StateInstruments>().Register();
        services.GetRequiredService<ConnectionInstruments>().Register();
        services.GetRequiredService<ProcessInstruments>().Register();
        services.GetRequiredService<AccessInstruments>().Register();
    }
}

/// <summary>Creates measurements.</summary>
internal static class Measurements
{
    public static Measurement<long> Tagged(long value, string tag, string tagValue) => new(value, new KeyValuePair<string, object?>(tag, tagValue));
}
