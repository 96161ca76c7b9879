namespace Cecelia.Relay.State;

/// <summary>What was to be loaded is no state that this version can read. Nothing of it was taken over.</summary>
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
