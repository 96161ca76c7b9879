using System.Text;
using Cecelia.Relay.Files;

namespace Cecelia.Relay.Hosting;

/// <summary>Reads a secret from a file, as Docker and Kubernetes mount them. No error quotes what is in it.</summary>
internal static class SecretFile
{
    /// <summary>Longer than any URL with a password.</summary>
    public const int MaxBytes = 16 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The one line of text in the file, without the line ends after it.</summary>
    /// <exception cref="FormatException">It cannot be read, or is not such a line. The message completes a sentence that begins with the setting's name.</exception>
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
            throw Mistake("is not UTF-8 text");
        }

        if (text.Length == 0) throw Mistake("is empty");
        return text.Any(char.IsControl) ? throw Mistake("has more than one line, or a control character") : text;

        FormatException Mistake(string what) => new($"names the file {path}, which {what}");
    }
}
