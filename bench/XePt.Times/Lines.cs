using XePt.Uapi;

namespace XePt.Times;

/// <summary>What is measured.</summary>
internal static class Lines
{
    private const ulong Kilobyte = 1UL << 10;
    private const ulong Megabyte = 1UL << 20;
    private const ulong Gigabyte = 1UL << 30;

    private static readonly int[] Others = [1_000, 100_000];

    /// <summary>What they are called.</summary>
    public static IEnumerable<string> Names => Others.SelectMany(others => Kinds.Select(kind => NameOf(kind.Name, others)));

    /// <summary>The lines whose names are wanted, each with a device of its own.</summary>
    public static IEnumerable<Line> All(Predicate<string> isWanted)
    {
        foreach (int others in Others)
        {
            foreach ((string name, Func<string, Client, Line> make) in Kinds)
            {
                string full = NameOf(name, others);
                if (isWanted(full))
                    yield return make(full, new Client(others, isFaultMode: name == "fault"));
            }
        }
    }

    private static string NameOf(string kind, int others) => $"{kind}, {others / 1000}k VMAs";

    private static readonly (string Name, Func<string, Client, Line> Make)[] Kinds =
    [
        ("bind+unbind 4K", (name, client) => Pair(name, client, 4 * Kilobyte, 4 * Kilobyte)),
        ("bind+unbind 64K", (name, client) => Pair(name, client, 64 * Kilobyte, 64 * Kilobyte)),
        ("bind+unbind 2M as 4K", (name, client) => Pair(name, client, 2 * Megabyte, 4 * Kilobyte)),
        ("bind+unbind 2M page", (name, client) => Pair(name, client, 2 * Megabyte, 2 * Megabyte)),
        ("bind+unbind 1G as 4K, one piece", (name, client) => Pair(name, client, Gigabyte, Gigabyte, skew: 4 * Kilobyte)),
        ("bind+unbind 1G as 4K, scattered", (name, client) => Pair(name, client, Gigabyte, 4 * Kilobyte)),
        ("arrays of 100 pages, per op", Arrays),
        ("deferred bind, 1 in flight", (name, client) => Deferred(name, client, 1)),
        ("deferred bind, 500 in flight", (name, client) => Deferred(name, client, 500)),
        ("deferred bind, 8000 in flight", (name, client) => Deferred(name, client, 8000)),
        ("fault", Fault),
        ("translate", Translate),
    ];

    private static Line Pair(string name, Client client, ulong size, ulong piece, ulong skew = 0)
    {
        // The page above stays bound, so the table that the bind changes is there.
        Client.Check(client.Bind(client.Null(Client.Va + size, 4 * Kilobyte)));
        DrmXeVmBind map = client.Map(client.CreateBo(size, piece, skew), Client.Va, size);
        DrmXeVmBind unmap = client.Unmap(Client.Va, size);
        return new Line(name, 1, () =>
        {
            Client.Check(client.Bind(map));
            Client.Check(client.Bind(unmap));
        });
    }

    private static Line Arrays(string name, Client client)
    {
        const int Count = 100;
        uint bo = client.CreateBo(Megabyte, Megabyte);
        var maps = new DrmXeVmBindOp[Count];
        var unmaps = new DrmXeVmBindOp[Count];
        for (int i = 0; i < Count; i++)
        {
            ulong va = Client.Va + ((ulong)i * 8 * Kilobyte);
            maps[i] = client.Map(bo, va, 4 * Kilobyte).Bind;
            unmaps[i] = client.Unmap(va, 4 * Kilobyte).Bind;
        }

        return new Line(name, 2 * Count, () =>
        {
            Client.Check(client.Bind(maps));
            Client.Check(client.Bind(unmaps));
        });
    }

    /// <summary>Binds that wait for one fence, each over a page of its own, and their share of its signal.</summary>
    private static Line Deferred(string name, Client client, int inFlight)
    {
        uint sync = client.File.SyncobjCreate();
        DrmXeSync[] syncs = [new DrmXeSync { Handle = sync }];
        return new Line(name, inFlight, () =>
        {
            Fence fence = client.Device.CreateFence("times");
            client.File.SyncobjAttach(sync, fence);
            for (int i = 0; i < inFlight; i++)
                Client.Check(client.Bind(client.Null(Client.Va + ((ulong)i * 4 * Kilobyte), 4 * Kilobyte), syncs));
            fence.TrySignal();
        });
    }

    /// <summary>A page that is mapped, bound by a fault, and unmapped.</summary>
    private static Line Fault(string name, Client client)
    {
        Client.Check(client.Bind(client.Null(Client.Va + (4 * Kilobyte), 4 * Kilobyte)));
        Client.Check(client.Vm.Fault(Client.Va + (4 * Kilobyte)));
        DrmXeVmBind map = client.Map(client.CreateBo(4 * Kilobyte, 4 * Kilobyte), Client.Va, 4 * Kilobyte);
        DrmXeVmBind unmap = client.Unmap(Client.Va, 4 * Kilobyte);
        return new Line(name, 1, () =>
        {
            Client.Check(client.Bind(map));
            Client.Check(client.Vm.Fault(Client.Va));
            Client.Check(client.Bind(unmap));
        });
    }

    private static Line Translate(string name, Client client)
    {
        const int Pages = 512;
        Client.Check(client.Bind(client.Map(client.CreateBo(2 * Megabyte, 4 * Kilobyte), Client.Va, 2 * Megabyte)));
        return new Line(name, Pages, () =>
        {
            ulong sum = 0;
            for (ulong i = 0; i < Pages; i++)
                sum += client.Vm.Translate(Client.Va + (i * 4 * Kilobyte)).Address;
            if (sum == 0)
                throw new InvalidOperationException("nothing is mapped");
        });
    }
}
