namespace Cecelia.Relay.Telemetry;

/// <summary>Text from other systems, made safe for logs and status.</summary>
internal static class SafeText
{
    private const int MaxLength = 240;

    /// <summary>Replaces <paramref name="secret"/> by <c>***</c> and control characters by spaces, and truncates the text.</summary>
    public static string Clean(string text, string? secret, int maxLength = MaxLength)
    {
        string masked = string.IsNullOrEmpty(secret) ? text : text.Replace(secret, "***", StringComparison.Ordinal);
        if (masked.Length > maxLength) masked = masked[..maxLength] + "…";
        return string.Create(masked.Length, masked, static (target, source) =>
        {
            for (int i = 0; i < source.Length; i++) target[i] = char.IsControl(source[i]) ? ' ' : source[i];
        }).Trim();
    }
}
