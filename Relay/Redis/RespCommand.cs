using System.Globalization;
using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>Writes a command in Redis' protocol: an array of bulk strings.</summary>
internal static class RespCommand
{
    public static byte[] Write(params ReadOnlySpan<string> words)
    {
        var command = new MemoryStream();
        command.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*{words.Length}\r\n")));
        foreach (string word in words)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(word);
            command.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${bytes.Length}\r\n")));
            command.Write(bytes);
            command.Write("\r\n"u8);
        }

        return command.ToArray();
    }

    /// <summary>Returns AUTH with the user and password of the URL; null without a password.</summary>
    public static byte[]? WriteAuth(RedisUrl url) => url switch
    {
        { Password: null } => null,
        { User: null } => Write("AUTH", url.Password),
        _ => Write("AUTH", url.User, url.Password),
    };
    /// <summary>Returns SELECT for the database of the URL; null for database 0, which is the default of a connection.</summary>
    public static byte[]? WriteSelect(RedisUrl url) => url.Database == 0 ? null : Write("SELECT", url.Database.ToString(CultureInfo.InvariantCulture));
}
