using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>Writes the output of <c>check</c>. The table does not repeat an invalid value, since it may contain a password.</summary>
internal sealed class SettingsReport(EffectiveSettings effective)
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void WriteTable(TextWriter output)
    {
        (string Name, string Value, string Source)[] rows =
        [
            ("SETTING", "VALUE", "FROM"),
            .. Settings.All.Select(setting => (setting.EnvironmentName, Display(setting), Describe(effective.Sources[setting.Name]))),
        ];
        int name = rows.Max(row => row.Name.Length);
        int value = rows.Max(row => row.Value.Length);
        foreach ((string Name, string Value, string Source) row in rows)
        {
            output.WriteLine($"{row.Name.PadRight(name)}  {row.Value.PadRight(value)}  {row.Source}");
        }

        if (effective.Options.Memory is { LimitBytes: > 0 } memory)
        {
            output.WriteLine();
            output.WriteLine(memory.Describe());
        }

        WriteList(output, "Notices:", effective.Notices);
        WriteList(
            output,
            effective.Errors.Count == 1 ? "1 error:" : string.Create(CultureInfo.InvariantCulture, $"{effective.Errors.Count} errors:"),
            effective.Errors);
        output.WriteLine();
        output.WriteLine(effective.Errors.Count == 0 ? "The configuration is valid." : "The relay does not start with this configuration.");
    }

    public void WriteJson(TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteBoolean("valid", effective.Errors.Count == 0);
            json.WriteStartArray("settings");
            foreach (Setting setting in Settings.All)
            {
                json.WriteStartObject();
                json.WriteString("name", setting.EnvironmentName);
                json.WriteString("value", IsInvalid(setting) ? null : setting.Read(effective.Options));
                json.WriteString("default", setting.Default);
                json.WriteString("from", Describe(effective.Sources[setting.Name]));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (effective.Options.Memory is { LimitBytes: > 0 } memory)
            {
                json.WriteStartObject("memory");
                json.WriteNumber("limit_bytes", memory.LimitBytes);
                json.WriteNumber("budget_bytes", memory.BudgetBytes);
                json.WriteNumber("bounds_bytes", memory.SumBytes);
                json.WriteEndObject();
            }

            WriteArray(json, "errors", effective.Errors);
            WriteArray(json, "notices", effective.Notices);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private string Display(Setting setting)
    {
        if (IsInvalid(setting)) return "(invalid, see below)";
        string value = setting.Read(effective.Options);
        return value.Length == 0 ? "(empty)" : value;
    }

    private bool IsInvalid(Setting setting) => effective.Errors.Any(error =>
        ((string[])[setting.EnvironmentName, setting.ConfigurationKey, setting.CommandLineName])
            .Any(name => error.StartsWith(name + " ", StringComparison.Ordinal)));

    private static string Describe(SettingSource source) => source switch
    {
        SettingSource.AppSettings => "appsettings",
        SettingSource.Environment => "environment",
        SettingSource.CommandLine => "command line",
        SettingSource.File => "file",
        SettingSource.Scaled => "default, scaled to the memory limit",
        SettingSource.Lowered => "default, lowered to the limit of open files",
        _ => "default",
    };

    private static void WriteList(TextWriter output, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) return;
        output.WriteLine();
        output.WriteLine(title);
        foreach (string line in lines) output.WriteLine($"  {line}");
    }

    private static void WriteArray(Utf8JsonWriter json, string name, IReadOnlyList<string> lines)
    {
        json.WriteStartArray(name);
        foreach (string line in lines) json.WriteStringValue(line);
        json.WriteEndArray();
    }
}
