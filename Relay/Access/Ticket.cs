namespace Cecelia.Relay.Access;

/// <summary>A ticket that this instance has seen. Thread-safe.</summary>
/// <param name="hash">The SHA-256 hash of the ticket, which is its name in Redis.</param>
internal sealed class Ticket(string hash)
{
    private volatile bool _isRevoked;

    public string Hash => hash;

    /// <summary>Whether the ticket has been revoked, so that its connections are to be closed.</summary>
    public bool IsRevoked => _isRevoked;

    public void Revoke() => _isRevoked = true;
}
