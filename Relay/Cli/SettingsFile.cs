using System.Globalization;
using System.Text.Json;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>The settings in one <c>appsettings.json</c>, and its errors. Lists are joined by commas, as in the environment.</summary>
internal sealed record SettingsFile(string Path, IReadOnlyDictionary<string, string?> Values, IReadOnlyList<string> Errors)
{
    private const string Section = "Cecelia";

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads the file. Returns null if it does not exist.</summary>
    public static SettingsFile? Read(string path)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var errors = new List<string>();
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                ReadRoot(document.RootElement, path, values, errors);
            }
            else
            {
                errors.Add($"{path} must contain a JSON object, like {{ \"{Section}\": {{ \"WsPort\": 5221 }} }}");
            }
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException malformed)
        {
            errors.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path} is not valid JSON: line {malformed.LineNumber + 1}, column {malformed.BytePositionInLine + 1}: {JsonFault.Describe(malformed)}"));
        }
        catch (UnauthorizedAccessException)
        {
            errors.Add($"{path} cannot be read: permission denied. Allow access to the directory and the file, or start in another directory");
        }
        catch (IOException unreadable)
        {
            errors.Add($"{path} cannot be read: {unreadable.Message}");
        }

        return new SettingsFile(path, values, errors);
    }

    private static void ReadRoot(JsonElement root, string path, Dictionary<string, string?> values, List<string> errors)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name.StartsWith(Setting.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            {
                Read(property.Name, property.Value, property.Name);
            }
            else if (!property.Name.Equals(Section, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
            else if (property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty setting in property.Value.EnumerateObject()) Read($"{Section}:{setting.Name}", setting.Value, setting.Name);
            }
            else
            {
                errors.Add($"{path}: \"{property.Name}\" must be an object of settings, like {{ \"WsPort\": 5221 }}");
            }
        }

        void Read(string key, JsonElement value, string name)
        {
            if (value.ValueKind == JsonValueKind.Null) return;
            if (Text(value) is { } text) values[key] = text;
            else errors.Add($"{path}: \"{name}\" must be a string, a number, true or false, or a list of strings");
        }
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Array when value
            .EnumerateArray()
            .All(item => item.ValueKind == JsonValueKind.String) => string.Join(',', value.EnumerateArray().Select(item => item.GetString())),
        _ => null,
    };
}
