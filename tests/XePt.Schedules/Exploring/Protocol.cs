namespace XePt.Schedules.Exploring;

/// <summary>A few threads on common state, small enough to be run in every order. The constructor sets the state up; one instance is one
/// run.</summary>
public abstract class Protocol : IDisposable
{
    /// <summary>What each thread does. Their shared accesses are the steps of the schedule.</summary>
    public abstract IReadOnlyList<Action> Threads { get; }

    /// <summary>How stores to table entries and reader entries reach other threads.</summary>
    public virtual MemoryModel Memory => MemoryModel.SequentiallyConsistent;

    /// <summary>Looks at the end state, when every thread is done.</summary>
    public virtual void CheckEnd()
    {
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>States what must hold; otherwise the schedule is a bad one.</summary>
    protected static void Require(bool holds, string rule)
    {
        if (!holds)
            throw new BadScheduleException(rule);
    }

    /// <summary>Looks at something without that being a step.</summary>
    protected static T Quietly<T>(Func<T> look) => Machine.Quietly(look);

    /// <summary>Frees what the run used.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
