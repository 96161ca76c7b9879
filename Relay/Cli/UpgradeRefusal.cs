using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>The HTTP answer of a server that did not upgrade.</summary>
/// <param name="Status">Anything but 101.</param>
/// <param name="Reason">What its body says, in one line; may be empty.</param>
/// <param name="RetryAfter">When the server wishes to be asked again.</param>
internal sealed record UpgradeRefusal(HttpStatusCode Status, string Reason, TimeSpan? RetryAfter)
{
    private const int MostOfBody = 4096;
    private const int MostOfText = 200;

    private static readonly string[] ReasonNames = ["reason", "message", "detail", "error", "title"];

    /// <summary>Overload and outages pass; a wrong path, a refused origin or missing access stay.</summary>
    public bool MayPass => Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)Status >= 500;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)Status} {Status}{(Reason.Length == 0 ? "" : $": {Reason}")}");

    public static async Task<UpgradeRefusal> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] body = new byte[MostOfBody];
        int length;
        try
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            // The status alone has to do.
            length = 0;
        }

        return new UpgradeRefusal(response.StatusCode, FindReason(body.AsMemory(0, length)), response.Headers.RetryAfter?.Delta);
    }

    private static string FindReason(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object)
            {
                string[] found = [.. ReasonNames.Select(name => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null).OfType<string>()];
                if (found.Length > 0) return OneLine(found[0]);
            }
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
            // Its text, then.
        }

        return OneLine(Encoding.UTF8.GetString(body.Span));
    }

    private static string OneLine(string text)
    {
        string line = new([.. text.Take(MostOfText).Select(letter => char.IsControl(letter) ? ' ' : letter)]);
        return line.Trim();
    }
}
