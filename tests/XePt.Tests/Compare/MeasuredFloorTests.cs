using XePt.Bench.Contract;

namespace XePt.Tests.Compare;

/// <summary>Goals whose floor a run of the contract measures: how far a line may be from what the floor took.</summary>
public class MeasuredFloorTests
{
    private const double Margin = 0.1;

    private static readonly Goal s_goal = Goal.AtMostOrTimesFloor(1.15, times: 1.2);

    [Theory]
    [InlineData(1.15, true, false)]
    [InlineData(2.4, false, false)]
    [InlineData(2.63, false, false)]
    [InlineData(2.65, false, true)]
    public void A_line_is_held_to_so_many_times_what_the_floor_took(double ratio, bool isMet, bool isMissed)
    {
        Goal goal = s_goal.After(Reading.OfFact(ratio) with { FloorRatio = 2 });
        Assert.Equal((isMet, isMissed), (goal.IsMetBy(ratio), goal.IsMissedBy(ratio, Margin)));
        Assert.Equal("≤ 1.15 (floor 2.4)", goal.ToString());
    }

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
