namespace XePt.Fences;

/// <summary>Something that a thread has to do and may have to put off; see <see cref="ThreadJobs"/>. In one list at a time.</summary>
internal interface IThreadWork
{
    /// <summary>What is to be done after it; belongs to the list.</summary>
    IThreadWork? NextWork { get; set; }

    /// <summary>It is a callback or continuation of the client, which expects that its calls have done what they cause when they
    /// return.</summary>
    bool IsOfClient => false;

    /// <summary>Does it. Nothing touches the object after that, so it may be used again from inside.</summary>
    void Run();

    /// <summary>What it has thrown is about to leave the engine, from the outermost frame of the thread.</summary>
    void Failed(Exception thrown)
    {
    }
}
