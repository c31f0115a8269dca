namespace XePt.Memory;

/// <summary>Something that has memory of a device region and may have to leave it for others: a BO, or pages of a process.</summary>
internal interface IOccupant
{
    /// <summary>Bytes that it has.</summary>
    ulong Size { get; }

    /// <summary>Decides between two of the same stamp.</summary>
    int Slot { get; }

    /// <summary>Stamp of its last use; see <see cref="DeviceMemory.Touch"/>.</summary>
    long LastUse { get; }

    /// <summary>Where it stands among those that may have to leave, from 1; 0 when it is not among them. Belongs to that order.</summary>
    int VictimPlace { get; set; }

    /// <summary>One more reference for whoever found it; false when the last one is gone.</summary>
    bool TryAddReference();
}

/// <summary>An occupant that moves to system memory by itself.</summary>
internal interface IMovable : IOccupant
{
    /// <summary>Leaves the device memory, inside all VMs.</summary>
    /// <returns>Ok when nothing of it is there any more.</returns>
    Uapi.Errno MoveOut();

    /// <summary>One reference less.</summary>
    void DropReference();
}
