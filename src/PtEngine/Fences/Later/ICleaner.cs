namespace XePt.Fences;

/// <summary>Work inside a VM that is no call of a client's: there is one such worker for each VM (<see cref="LaterList.Clean"/>).</summary>
internal interface ICleaner
{
    /// <summary>Does what there is to do, inside the VM, between two calls.</summary>
    void Clean();
}
