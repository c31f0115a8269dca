// Writes residency-churn.xetrace: the memory manager of a driver under pressure. A working set of BOs is larger than what may be resident,
// so that each bind of a BO that is not resident first evicts the one bound longest ago. 10 000 binds in all, the same ones on every run.
//
//   dotnet run samples/ResidencyChurn.cs | gzip -9n > samples/residency-churn.xetrace.gz
const int Binds = 10_000, Objects = 96, Resident = 40, CheckEvery = 1_000;
const ulong Slot = 0x200_0000, Base = 0x1_0000_0000;

uint state = 1;
ulong[] sizes = [.. Enumerable.Range(0, Objects).Select(_ => 0x1000UL << Next(14))];
var resident = new List<int>();
const string ok = """{"errno":0}""";

Console.WriteLine(
    """{"xetrace":1,"platform":"bmg","comment":"Residency churn: 96 BOs of 4 KiB to 32 MiB take turns in an address space where 40 may """ +
    """be bound. 10 000 binds, written by samples/ResidencyChurn.cs."}""");
Console.WriteLine("""{"ioctl":"VM_CREATE","as":"vm","expect":{"errno":0}}""");
for (int i = 0; i < Objects; i++)
{
    int place = 1 + (i % 2);
    Console.WriteLine(
        $$"""{"ioctl":"GEM_CREATE","size":"0x{{sizes[i]:x}}","placement":{{place}},"cpu_caching":"WC","as":"bo{{i}}","expect":{{ok}}}""");
}

for (int bind = 1; bind <= Binds;)
{
    int wanted = Next(Objects);
    if (resident.Contains(wanted))
        continue;
    if (resident.Count == Resident)
    {
        int evicted = resident[0];
        resident.RemoveAt(0);
        Write(bind++, $$"""{"op":"UNMAP","addr":"0x{{AddressOf(evicted):x}}","range":"0x{{sizes[evicted]:x}}"}""");
        if (bind > Binds)
            break;
    }

    resident.Add(wanted);
    Write(bind++,
        $$"""{"op":"MAP","obj":"bo{{wanted}}","addr":"0x{{AddressOf(wanted):x}}","range":"0x{{sizes[wanted]:x}}","pat_index":2}""");
}

static ulong AddressOf(int bo) => Base + ((ulong)bo * Slot);

void Write(int bind, string op)
{
    string vmas = bind % CheckEvery == 0 || bind == Binds ? $",\"vmas\":[{string.Join(',', resident.Order().Select(Expected))}]" : "";
    Console.WriteLine($$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{{op}}],"expect":{"errno":0{{vmas}} } }""");
}

string Expected(int bo) =>
    $$"""{"start":"0x{{AddressOf(bo):x}}","end":"0x{{EndOf(bo):x}}","kind":"bo","bo":"bo{{bo}}","offset":0,"present":true}""";

ulong EndOf(int bo) => AddressOf(bo) + sizes[bo];

// A linear congruential generator of our own: the library's may change between versions.
int Next(int below)
{
    state = (state * 1664525) + 1013904223;
    return (int)((ulong)state * (uint)below >> 32);
}
