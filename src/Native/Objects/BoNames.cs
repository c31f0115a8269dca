using XePt.Memory;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Names of a device's buffer objects (GEM_FLINK). A name keeps nothing alive: it is one as long as some client has a
/// handle.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class BoNames(NativeDevice device)
{
    private readonly Dictionary<uint, BufferObject> _named = [];

    /// <summary>The name of an object, which gets one if it has none.</summary>
    public uint Of(XeBo bo)
    {
        lock (_named)
        {
            DropDead();
            foreach ((uint known, BufferObject named) in _named)
            {
                if (named == bo.Object)
                    return known;
            }

            uint name = 1;
            while (_named.ContainsKey(name))
                name++;
            _named.Add(name, bo.Object);
            return name;
        }
    }

    /// <summary>A handle for the object of a name.</summary>
    /// <returns>0 or a negative error.</returns>
    public int Open(NativeClient client, uint name, out uint handle, out ulong bytes)
    {
        (handle, bytes) = (0, 0);
        BufferObject? bo;
        lock (_named)
        {
            DropDead();
            bo = _named.GetValueOrDefault(name);
        }

        if (bo is null)
            return Failure.Of(Errno.ENOENT, $"no buffer object has the name {name}");
        if (bo.PrivateTo is not null && !client.File.Bos.Any(own => own.Object == bo))
            return Failure.Of(Errno.EPERM, $"the buffer object of the name {name} is private to a VM of another client");
        (handle, bytes) = (client.File.ShareBo(bo, isNew: true), bo.Size);
        return handle != 0 ? 0 : Failure.Of(Errno.ENOENT, $"the buffer object of the name {name} is gone");
    }

    /// <summary>A line for each name: name, size, handles.</summary>
    public override string ToString()
    {
        lock (_named)
        {
            DropDead();
            IEnumerable<string> lines = _named.OrderBy(entry => entry.Key)
                .Select(entry => $"{entry.Key,6} {entry.Value.Size,8} {HandlesOf(entry.Value),7}\n");
            return string.Concat(lines.Prepend("  name     size handles\n"));
        }
    }

    private void DropDead()
    {
        foreach ((uint name, BufferObject bo) in _named)
        {
            // Of a dictionary that is being gone through entries may be removed.
            if (HandlesOf(bo) == 0)
                _named.Remove(name);
        }
    }

    private int HandlesOf(BufferObject bo) => device.Clients.Sum(client => client.File.Bos.Count(known => known.Object == bo));
}
