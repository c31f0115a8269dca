namespace XePt.Host;

/// <summary>Exclusive entry to what is known of an address space. Not reentrant; never held while anybody is called.</summary>
internal interface IHostGate
{
    /// <summary>Enters.</summary>
    void Enter();

    /// <summary>Leaves, and does what had to wait for it.</summary>
    void Exit();
}
