namespace XePt.Calls;

/// <summary>What is known of a call before it takes the road. A struct without state, for which the road is compiled: what cannot be is not
/// asked about.</summary>
internal interface ICallShape
{
    /// <summary>What calls mostly are: ops without flags on the VM's own queue, no sync entries, nobody wants the events of stages and
    /// nothing is armed, on a VM that has one tile and neither mirrors, preempt fences, userptrs nor BOs that moved.</summary>
    static abstract bool IsPlain { get; }

    /// <summary>It has one op.</summary>
    static abstract bool IsSingle { get; }
}

/// <summary>Anything may be.</summary>
internal readonly struct AnyCall : ICallShape
{
    public static bool IsPlain => false;

    public static bool IsSingle => false;
}

/// <summary>What calls mostly are.</summary>
internal readonly struct PlainCall : ICallShape
{
    public static bool IsPlain => true;

    public static bool IsSingle => true;
}

/// <summary>An array of what calls mostly are.</summary>
internal readonly struct PlainArray : ICallShape
{
    public static bool IsPlain => true;

    public static bool IsSingle => false;
}
