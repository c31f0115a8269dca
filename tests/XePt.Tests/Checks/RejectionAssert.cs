using XePt.Uapi;

namespace XePt.Tests.Checks;

/// <summary>Assertions on the outcome of a check.</summary>
internal static class RejectionAssert
{
    public static void IsAccepted(this Rejection rejection) => Assert.Equal(default, rejection);

    /// <summary>Asserts errno, rule id, field and value, and that there is a sentence.</summary>
    public static void IsRefusedBy(this Rejection rejection, string ruleId, string field, ulong value, Errno errno = Errno.EINVAL)
    {
        Assert.Equal((errno, ruleId, field, value), (rejection.Errno, rejection.RuleId, rejection.Field, rejection.Value));
        Assert.NotEmpty(rejection.Because);
    }
}
