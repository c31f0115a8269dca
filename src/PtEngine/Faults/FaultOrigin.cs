using XePt.Uapi;

namespace XePt.Faults;

/// <summary>Who has raised a fault and is told once what became of it.</summary>
internal abstract class FaultOrigin
{
    /// <summary>Next one of those whose faults are being forgotten; belongs to the queue.</summary>
    public FaultOrigin? NextForgotten { get; set; }

    /// <summary>The fault is answered; its other observers know. On the thread that services the queue, inside no VM; short, never
    /// waits.</summary>
    /// <param name="why">Why it was not serviced; not rejected when it was.</param>
    public abstract void Answered(in Rejection why);

    /// <summary>The fault is forgotten, because its GT was reset (FLT-015). On the thread that resets; short, never waits.</summary>
    public abstract void Forgotten();
}
