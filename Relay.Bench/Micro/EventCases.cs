using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Decoding of payloads, and encoding of events for clients.</summary>
internal static class EventCases
{
    public static IEnumerable<MicroCase> All { get; } =
    [
        Decode("decode/progress-200B", Payloads.Progress),
        Decode("decode/flat", Payloads.Flat),
        Decode("decode/nested-4KB", Payloads.Large),
        Decode("decode/refused", Payloads.Refused),
        Encode("encode/progress-200B", Payloads.Progress),
        Encode("encode/flat", Payloads.Flat),
        Encode("encode/nested-4KB", Payloads.Large),
    ];

    private static MicroCase Decode(string name, byte[] payload) => new(name, () =>
    {
        var decoder = new EventDecoder(new EventLimits());
        var into = new DecodedEvent();
        return times =>
        {
            for (int i = 0; i < times; i++) decoder.Decode(payload, into);
        };
    });

    private static MicroCase Encode(string name, byte[] payload) => new(name, () =>
    {
        DecodedEvent decoded = Payloads.Decode(payload);
        byte[] destination = new byte[CeceliaFormat.MaxLength(decoded)];
        return times =>
        {
            for (int i = 0; i < times; i++) CeceliaFormat.Write(decoded, destination, 1_770_366_600_000);
        };
    });
}
