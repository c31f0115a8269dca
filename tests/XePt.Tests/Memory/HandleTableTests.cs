using XePt.Memory;

namespace XePt.Tests.Memory;

public class HandleTableTests
{
    [Fact]
    [Rule("BIND-008")]
    public void The_lowest_free_number_is_given_first()
    {
        var table = new HandleTable<string>();
        Assert.Equal([1u, 2u, 3u], new[] { "a", "b", "c" }.Select(table.Add));
        Assert.Equal(("a", "b"), (table.Remove(1), table.TakeFirst()));
        Assert.Equal([1u, 2u, 4u], new[] { "d", "e", "f" }.Select(table.Add));
        Assert.Equal(("d", 4), (table.First, table.Count));
    }

    [Fact]
    public void A_number_that_stands_for_another_object_by_now_is_not_removed()
    {
        var table = new HandleTable<string>();
        string first = "first", second = "second";
        uint handle = table.Add(first);
        Assert.True(table.TryRemove(handle, first));
        Assert.False(table.TryRemove(handle, first));
        Assert.Equal(handle, table.Add(second));
        Assert.False(table.TryRemove(handle, first));
        Assert.Same(second, table.Find(handle));
    }

    [Fact]
    public void A_sealed_table_takes_nothing_and_can_be_emptied()
    {
        var table = new HandleTable<string>();
        table.Add("a");
        table.Seal();
        bool isMade = false;
        Assert.Equal(0u, table.Add(_ =>
        {
            isMade = true;
            return "b";
        }));
        Assert.False(isMade);
        Assert.Equal(("a", null, null), (table.TakeFirst(), table.TakeFirst(), table.First));
    }
}
