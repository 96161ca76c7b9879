namespace Cecelia.Relay.Recovery;

/// <summary>Thrown if a text is not a state that this version can read. Nothing of it has been loaded.</summary>
internal sealed class StateUnreadableException : Exception
{
    public StateUnreadableException()
        : this("not a state")
    {
    }

    public StateUnreadableException(string message)
        : base(message)
    {
    }

    public StateUnreadableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
