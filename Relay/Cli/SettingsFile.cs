using System.Globalization;
using System.Text.Json;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>One <c>appsettings.json</c>, with what is wrong in it. Lists are joined by comma, as in the environment.</summary>
internal sealed record SettingsFile(string Path, IReadOnlyDictionary<string, string?> Values, IReadOnlyList<string> Errors)
{
    private const string Section = "Cecelia";

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Null when there is no such file.</summary>
    public static SettingsFile? Read(string path)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var mistakes = new List<string>();
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                ReadRoot(document.RootElement, path, values, mistakes);
            }
            else
            {
                mistakes.Add($"{path} must hold a JSON object, like {{ \"{Section}\": {{ \"WsPort\": 5221 }} }}");
            }
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException malformed)
        {
            mistakes.Add(string.Create(CultureInfo.InvariantCulture, $"{path} is not valid JSON: line {malformed.LineNumber + 1}, column {malformed.BytePositionInLine + 1}: {JsonFault.Describe(malformed)}"));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{path} cannot be read: {unreadable.Message}");
        }

        return new SettingsFile(path, values, mistakes);
    }

    private static void ReadRoot(JsonElement root, string path, Dictionary<string, string?> values, List<string> mistakes)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name.StartsWith(Setting.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            {
                Take(property.Name, property.Value, property.Name);
            }
            else if (!property.Name.Equals(Section, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
            else if (property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty setting in property.Value.EnumerateObject()) Take($"{Section}:{setting.Name}", setting.Value, setting.Name);
            }
            else
            {
                mistakes.Add($"{path}: \"{property.Name}\" must be an object of settings, like {{ \"WsPort\": 5221 }}");
            }
        }

        void Take(string key, JsonElement value, string name)
        {
            if (value.ValueKind == JsonValueKind.Null) return;
            if (Text(value) is { } text) values[key] = text;
            else mistakes.Add($"{path}: \"{name}\" must be a text, a number, true or false, or a list of texts");
        }
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => string.Join(',', value.EnumerateArray().Select(item => item.GetString())),
        _ => null,
    };
}
