using XePt.Bench.Contract;

namespace XePt.Tests.Compare;

/// <summary>Goals whose floor a run of the contract measures: how far a line may be from what the floor took.</summary>
public class MeasuredFloorTests
{
    private const double Margin = 0.1;

    private static readonly Goal s_goal = Goal.AtMostOrTimesFloor(1.15, times: 1.2);

    [Theory]
    [InlineData(1.15, "met")]
    [InlineData(1.16, "floor")]
    [InlineData(2.4, "floor")]
    [InlineData(2.41, "margin")]
    [InlineData(2.63, "margin")]
    [InlineData(2.65, "MISSED")]
    public void A_line_is_held_to_so_many_times_what_the_floor_took(double ratio, string verdict)
    {
        Goal goal = s_goal.After(Reading.OfFact(ratio) with { FloorRatio = 2 });
        Assert.Equal((verdict, verdict == "MISSED"), (goal.VerdictOn(ratio, Margin), goal.IsMissedBy(ratio, Margin)));
        Assert.Equal("≤ 1.15 (floor 2.4)", goal.ToString());
    }

    [Theory]
    [InlineData(1.5, "met")]
    [InlineData(1.15, "floor")]
    [InlineData(1.14, "margin")]
    [InlineData(1.04, "MISSED")]
    public void A_speed_up_has_its_floor_below_the_goal(double ratio, string verdict) =>
        Assert.Equal(verdict, Goal.AtLeast(1.5, floor: 1.15).VerdictOn(ratio, Margin));

    [Theory]
    [InlineData(3, "met")]
    [InlineData(3.3, "margin")]
    [InlineData(3.31, "MISSED")]
    public void Without_a_floor_only_noise_excuses(double ratio, string verdict) =>
        Assert.Equal(verdict, Goal.AtMost(3).VerdictOn(ratio, Margin));

    [Fact]
    public void A_line_whose_floor_was_not_measured_is_held_to_its_goal()
    {
        Goal goal = s_goal.After(Reading.OfFact(2));
        Assert.Null(goal.Floor);
        Assert.True(goal.IsMissedBy(2, Margin));
    }

    [Fact]
    public void A_floor_that_is_known_beforehand_stays()
    {
        Goal goal = Goal.AtMost(3, floor: 5).After(Reading.OfFact(4) with { FloorRatio = 9 });
        Assert.Equal(5, goal.Floor);
    }
}
