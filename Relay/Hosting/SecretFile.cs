using System.Text;
using Cecelia.Relay.Files;

namespace Cecelia.Relay.Hosting;

/// <summary>Reads a secret from a file, as Docker and Kubernetes mount them. Error messages do not quote the content.</summary>
internal static class SecretFile
{
    /// <summary>Maximum size: longer than any URL with a password.</summary>
    public const int MaxBytes = 16 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns the single line of text in the file, without its line end.</summary>
    /// <exception cref="FormatException">
    /// The file cannot be read, or is not a single line. The message completes one that begins with the setting's name.
    /// </exception>
    public static string Read(string path)
    {
        byte[] content;
        try
        {
            content = SmallFile.Read(path, MaxBytes);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new FormatException($"names the file {path}, which cannot be read: {unreadable.Message}");
        }

        string text;
        try
        {
            text = Strict.GetString(content).TrimEnd('\r', '\n');
        }
        catch (DecoderFallbackException)
        {
            throw Error("is not UTF-8 text");
        }

        if (text.Length == 0) throw Error("is empty");
        return text.Any(char.IsControl) ? throw Error("has more than one line, or a control character") : text;

        FormatException Error(string fault) => new($"names the file {path}, which {fault}");
    }
}
