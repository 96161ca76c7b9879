using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Cecelia.Relay.Cli;

/// <summary>The HTTP response of a server that did not upgrade.</summary>
/// <param name="Status">Any status but 101.</param>
/// <param name="Reason">The reason in the body, in one line; may be empty.</param>
/// <param name="RetryAfter">The delay that the server asks for.</param>
internal sealed record UpgradeRefusal(HttpStatusCode Status, string Reason, TimeSpan? RetryAfter)
{
    private const int MaxBodyBytes = 4096;
    private const int MaxReasonLength = 200;

    private static readonly string[] ReasonNames = ["reason", "message", "detail", "error", "title"];

    /// <summary>Whether a later attempt may succeed: after overload or an outage, but not with a wrong path, a refused origin or without access.</summary>
    public bool IsTransient => Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)Status >= 500;

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture, $"HTTP {(int)Status} {ReasonPhrases.GetReasonPhrase((int)Status)}{(Reason.Length == 0 ? "" : $": {Reason}")}");

    public static async Task<UpgradeRefusal> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] body = new byte[MaxBodyBytes];
        int length;
        try
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        }
        catch (Exception incomplete) when (incomplete is IOException or HttpRequestException)
        {
            // Report the status alone.
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
                string[] found =
                [
                    .. ReasonNames.Select(
                        name => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                            ? value.GetString()
                            : null).OfType<string>(),
                ];
                if (found.Length > 0) return FirstSentence(found[0]);
            }
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
            // Not a JSON object: use the text.
        }

        return FirstSentence(Encoding.UTF8.GetString(body.Span));
    }

    private static string FirstSentence(string text)
    {
        string line = new([.. text.Take(MaxReasonLength).Select(letter => char.IsControl(letter) ? ' ' : letter)]);
        return line.Split(". ")[0].Trim().TrimEnd('.');
    }
}
