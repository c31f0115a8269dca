// A GPU simulator in small, on the C ABI: cores on threads of their own translate by a page walker and a TLB of the simulator's, while
// another thread is the driver and changes mappings. The TLB acknowledges invalidations, so no core ever uses a translation that is gone.
// A thread more takes snapshots meanwhile, as the debugger of a simulator does.
#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include <xept.h>

namespace {

constexpr uint64_t Va = 0x7f0000000000, Size = 2 << 20, Page = 4096;
constexpr int Rounds = 2000, Cores = 2;

struct VmCreate { uint64_t extensions; uint32_t flags, vm_id; uint64_t reserved[2]; };
struct GemCreate {
    uint64_t extensions, size; uint32_t placement, flags, vm_id, handle; uint16_t cpu_caching, pad[3]; uint64_t reserved[2];
};
struct BindOp {
    uint64_t extensions; uint32_t obj; uint16_t pat_index, pad; uint64_t obj_offset, range, addr;
    uint32_t op, flags, prefetch_mem_region_instance, pad2; uint64_t reserved[3];
};
struct VmBind {
    uint64_t extensions; uint32_t vm_id, exec_queue_id, pad, num_binds; BindOp bind;
    uint32_t pad2, num_syncs; uint64_t syncs, reserved[2];
};

void check(int error)
{
    if (error >= 0)
        return;
    xept_failure why = {};
    why.size = sizeof(why);
    xept_last_failure(&why);
    std::printf("%s\n", why.sentence);
    std::exit(1);
}

// Device address to the entries of a table, as the library shows them: looked for once for each table.
class TableMemory
{
public:
    explicit TableMemory(xept_walker *walker) : _walker(walker) {}

    uint64_t read(uint64_t address)
    {
        const uint64_t *&entries = _tables[address / Page];
        uint32_t count;
        if (entries == nullptr)
            check(xept_walker_table(_walker, address & ~(Page - 1), &entries, &count));
        return __atomic_load_n(&entries[address % Page / 8], __ATOMIC_ACQUIRE);
    }

private:
    xept_walker *_walker;
    std::unordered_map<uint64_t, const uint64_t *> _tables;
};

// The simulator's own page walker. It knows the entries: bit 0 present, bit 7 leaf, bit 6 of a level-1 entry a table of 64 KiB pages.
bool walk(TableMemory &memory, uint64_t root, int level, uint64_t va, uint64_t &address)
{
    constexpr uint64_t AddressMask = 0x0000fffffffff000;
    bool compact = false;
    for (uint64_t table = root;; level--) {
        int shift = compact ? 16 : 12 + 9 * level;
        uint64_t entry = memory.read(table + ((va >> shift) & (compact ? 31 : 511)) * 8);
        if (!(entry & 1))
            return false;
        if (level == 0 || (entry & 0x80)) {
            uint64_t inside = (uint64_t{1} << shift) - 1;
            address = (entry & AddressMask & ~inside) | (va & inside);
            return true;
        }
        compact = level == 1 && (entry & 0x40);
        table = entry & AddressMask;
    }
}

// A TLB for all cores. A core holds the lock for the time of an access, so that an invalidation that has got it may be acknowledged at once.
class Tlb
{
public:
    explicit Tlb(xept_device *device) { check(xept_tlb_register(device, 0, &Tlb::invalidate, this, &_place)); }
    ~Tlb() { xept_tlb_unregister(_place); }

    template <typename Walk, typename Access> bool access(uint64_t va, Walk miss, Access use)
    {
        std::lock_guard<std::mutex> lock(_lock);
        auto found = _pages.find(va / Page);
        uint64_t address;
        if (found != _pages.end()) {
            hits++;
            address = found->second | (va % Page);
        } else if (miss(address)) {
            misses++;
            _pages[va / Page] = address & ~(Page - 1);
        } else {
            faults++;
            return false;
        }
        use(address);
        return true;
    }

    uint64_t hits = 0, misses = 0, faults = 0, invalidations = 0;

private:
    static void invalidate(void *user, const xept_invalidation *what)
    {
        auto *tlb = static_cast<Tlb *>(user);
        std::lock_guard<std::mutex> lock(tlb->_lock);
        tlb->invalidations++;
        for (auto page = tlb->_pages.begin(); page != tlb->_pages.end();) {
            uint64_t va = page->first * Page;
            bool goes = (what->flags & XEPT_INVALIDATION_FLAG_FULL) || (va >= what->shaped_start && va < what->shaped_end);
            page = goes ? tlb->_pages.erase(page) : std::next(page);
        }
        check(xept_tlb_acknowledge(what->tlb, what->seqno));
    }

    std::mutex _lock;
    std::unordered_map<uint64_t, uint64_t> _pages;
    xept_tlb *_place = nullptr;
};

// The driver's side: two objects take turns at the same addresses; the words of each say which it is.
class Driver
{
public:
    explicit Driver(xept_device *device) : device(device)
    {
        check(xept_client_open(device, nullptr, &client));
        VmCreate create = {};
        check(xept_ioctl(client, 0xc0206443, &create));
        vm = create.vm_id;
        for (uint32_t &object : _objects) {
            GemCreate made = {};
            made.size = Size;
            made.placement = 2;
            made.cpu_caching = 2;
            check(xept_ioctl(client, 0xc0386441, &made));
            object = made.handle;
            uint64_t *words;
            check(xept_bo_map(client, object, reinterpret_cast<void **>(&words)));
            for (uint64_t i = 0; i < Size / 8; i += Page / 8)
                words[i] = object;
        }
    }

    void map(int which) { bind(0, _objects[which], Size); }
    void unmap() { bind(1, 0, Size); }

    xept_device *device;
    xept_client *client;
    uint32_t vm;
    // The object that a core may see: a bit for each, set before it is bound and cleared when it is gone.
    std::atomic<unsigned> visible{0};

    uint32_t object(int which) const { return _objects[which]; }

private:
    void bind(uint32_t op, uint32_t handle, uint64_t range)
    {
        VmBind call = {};
        call.vm_id = vm;
        call.num_binds = 1;
        call.bind.obj = handle;
        call.bind.op = op;
        call.bind.addr = Va;
        call.bind.range = range;
        check(xept_ioctl(client, 0x40886445, &call));
    }

    uint32_t _objects[2];
};

void core(Driver &driver, Tlb &tlb, std::atomic<bool> &stop, std::atomic<uint64_t> &wrong, uint64_t seed)
{
    xept_walker *walker;
    check(xept_walker_open(driver.client, driver.vm, 0, &walker));
    xept_device_info info = {};
    info.size = sizeof(info);
    check(xept_device_describe(driver.device, &info));
    TableMemory memory(walker);
    for (uint64_t i = 0; !stop; i++) {
        uint64_t va = Va + (seed = seed * 6364136223846793005 + 1442695040888963407) % (Size / Page) * Page;
        auto miss = [&](uint64_t &address) {
            uint64_t root;
            check(xept_walker_root(walker, &root));
            return walk(memory, root, static_cast<int>(info.root_level), va, address);
        };
        auto use = [&](uint64_t address) {
            // The driver cannot go on while this runs: what it has unbound before must not be seen.
            unsigned visible = driver.visible;
            uint64_t word = 0;
            check(xept_memory_read(driver.device, address, 1, &word, sizeof(word)));
            bool ok = (visible & 1 && word == driver.object(0)) || (visible & 2 && word == driver.object(1));
            wrong += ok ? 0 : 1;
        };
        tlb.access(va, miss, use);
        if (i % 64 == 0)
            check(xept_walker_refresh(walker));
    }
    check(xept_walker_close(walker));
}

// Looks at the VM while the driver changes it: there is one VMA, or none, and tables below the root only with it.
void watch(Driver &driver, std::atomic<bool> &stop, std::atomic<uint64_t> &taken, std::atomic<uint64_t> &wrong)
{
    // At least once, and always once more after the driver's last change.
    for (bool last = false; !last;) {
        last = stop;
        xept_snapshot *snapshot;
        check(xept_snapshot_take(driver.client, driver.vm, &snapshot));
        xept_snapshot_info info = {};
        info.size = sizeof(info);
        check(xept_snapshot_describe(snapshot, &info));
        std::vector<xept_vma> vmas(info.vma_count);
        std::vector<xept_snapshot_table> tables(info.table_count);
        check(xept_snapshot_vmas(snapshot, vmas.data(), &info.vma_count));
        check(xept_snapshot_tables(snapshot, tables.data(), &info.table_count));
        bool bound = vmas.size() == 1 && vmas[0].start == Va && vmas[0].end == Va + Size && tables.size() > 1;
        bool free = vmas.empty() && tables.size() == 1 && tables[0].live_count == 0;
        wrong += bound || free ? 0 : 1;
        check(xept_snapshot_free(snapshot));
        taken++;
        std::this_thread::yield();
    }
}

} // namespace

int main()
{
    xept_device *device;
    check(xept_device_create("bmg", nullptr, &device));
    uint64_t hits, misses, faults, invalidations;
    std::atomic<uint64_t> wrong{0}, snapshots{0};
    {
        Driver driver(device);
        Tlb tlb(device);
        std::atomic<bool> stop{false};
        std::vector<std::thread> cores;
        for (int i = 0; i < Cores; i++)
            cores.emplace_back(core, std::ref(driver), std::ref(tlb), std::ref(stop), std::ref(wrong), i);
        std::thread watcher(watch, std::ref(driver), std::ref(stop), std::ref(snapshots), std::ref(wrong));
        for (int round = 0; round < Rounds; round++) {
            int which = round % 2;
            driver.visible |= 1u << which;
            driver.map(which);
            // Let the cores see it now and then.
            if (round % 16 == 0)
                std::this_thread::yield();
            // Mapping the other over it or unbinding it: when the call returns, the TLB has acknowledged.
            if (round % 3 == 0) {
                driver.unmap();
                driver.visible = 0;
            } else {
                driver.visible |= 1u << (1 - which);
                driver.map(1 - which);
                driver.visible = 1u << (1 - which);
            }
        }
        stop = true;
        for (std::thread &each : cores)
            each.join();
        watcher.join();
        hits = tlb.hits, misses = tlb.misses, faults = tlb.faults, invalidations = tlb.invalidations;
    }
    check(xept_device_destroy(device));
    std::printf("%d rounds; %" PRIu64 " hits, %" PRIu64 " walks, %" PRIu64 " faults, %" PRIu64 " invalidations, %" PRIu64
                " snapshots; %" PRIu64 " wrong\n", Rounds, hits, misses, faults, invalidations, snapshots.load(), wrong.load());
    return wrong == 0 && hits + misses != 0 && invalidations != 0 && snapshots != 0 ? 0 : 1;
}
