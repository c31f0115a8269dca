/*
 * Memory through a Vulkan driver, without a shader: buffers are allocated, mapped, filled, copied by the copy engine, bound sparsely in an
 * order that timeline semaphores give, compared byte by byte and freed. It knows nothing of XePt:
 *
 *   cc -o vulkan-memory vulkan-memory.c -lvulkan
 *   xept exec --platform bmg --explain -- ./vulkan-memory [ROUNDS]
 *
 * It ends with 0 when all bytes were as they should be, with 1 when not, with 2 when something is not there that it needs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

#define SIZE (1u << 20)
#define BLOCKS 8u

#define CHECK(call)                                                            \
    do {                                                                       \
        VkResult result_ = (call);                                             \
        if (result_ != VK_SUCCESS) {                                           \
            fprintf(stderr, "line %d: %s: %d\n", __LINE__, #call, result_);    \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

struct gpu {
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue copy, binder;
    uint32_t copy_family, bind_family;
    VkCommandPool pool;
    VkPhysicalDeviceMemoryProperties memory;
    VkSemaphore timeline;
    uint64_t point;
};

struct buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    uint8_t *bytes; /* NULL unless mapped */
};

static void missing(const char *what)
{
    fprintf(stderr, "there is no %s\n", what);
    exit(2);
}

static uint8_t pattern(uint32_t round, uint32_t at) { return (uint8_t)(at * 31 + (at >> 8) * 7 + round * 101 + 1); }

/* The family of the copy engines, for elsewhere copies are shaders; and one that binds sparsely. */
static void find_families(struct gpu *gpu)
{
    VkQueueFamilyProperties families[16];
    uint32_t count = 16;
    vkGetPhysicalDeviceQueueFamilyProperties(gpu->physical, &count, families);
    gpu->copy_family = gpu->bind_family = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        VkQueueFlags flags = families[i].queueFlags;
        int copies_only = (flags & VK_QUEUE_TRANSFER_BIT) && !(flags & (VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT));
        if (copies_only)
            gpu->copy_family = i;
        if ((flags & VK_QUEUE_SPARSE_BINDING_BIT) && gpu->bind_family == UINT32_MAX)
            gpu->bind_family = i;
        printf("queue family %u: %u queues%s%s%s%s\n", i, families[i].queueCount, flags & VK_QUEUE_GRAPHICS_BIT ? " graphics" : "",
            flags & VK_QUEUE_COMPUTE_BIT ? " compute" : "", flags & VK_QUEUE_TRANSFER_BIT ? " transfer" : "",
            flags & VK_QUEUE_SPARSE_BINDING_BIT ? " sparse" : "");
    }

    if (gpu->copy_family == UINT32_MAX)
        missing("queue family of copy engines");
    if (gpu->bind_family == UINT32_MAX)
        missing("queue family that binds sparsely");
}

static void open_gpu(struct gpu *gpu, VkInstance *instance)
{
    VkApplicationInfo application = { .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_2 };
    VkInstanceCreateInfo info = { .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application };
    CHECK(vkCreateInstance(&info, NULL, instance));
    uint32_t count = 1;
    if (vkEnumeratePhysicalDevices(*instance, &count, &gpu->physical) < 0 || count == 0)
        missing("device");

    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(gpu->physical, &properties);
    vkGetPhysicalDeviceMemoryProperties(gpu->physical, &gpu->memory);
    printf("%s (device %04x)\n", properties.deviceName, properties.deviceID);
    find_families(gpu);

    float priority = 1;
    VkDeviceQueueCreateInfo queues[2];
    for (int i = 0; i < 2; i++) {
        queues[i] = (VkDeviceQueueCreateInfo) { .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1,
            .queueFamilyIndex = i == 0 ? gpu->copy_family : gpu->bind_family, .pQueuePriorities = &priority };
    }

    VkPhysicalDeviceVulkan12Features vulkan12 = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
        .timelineSemaphore = VK_TRUE };
    VkPhysicalDeviceFeatures features = { .sparseBinding = VK_TRUE, .sparseResidencyBuffer = VK_TRUE };
    VkDeviceCreateInfo device = { .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .pNext = &vulkan12, .pQueueCreateInfos = queues,
        .queueCreateInfoCount = gpu->copy_family == gpu->bind_family ? 1 : 2, .pEnabledFeatures = &features };
    CHECK(vkCreateDevice(gpu->physical, &device, NULL, &gpu->device));
    vkGetDeviceQueue(gpu->device, gpu->copy_family, 0, &gpu->copy);
    vkGetDeviceQueue(gpu->device, gpu->bind_family, 0, &gpu->binder);

    VkCommandPoolCreateInfo pool = { .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = gpu->copy_family };
    CHECK(vkCreateCommandPool(gpu->device, &pool, NULL, &gpu->pool));
    VkSemaphoreTypeCreateInfo type = { .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE };
    VkSemaphoreCreateInfo semaphore = { .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type };
    CHECK(vkCreateSemaphore(gpu->device, &semaphore, NULL, &gpu->timeline));
}

static VkDeviceMemory allocate(struct gpu *gpu, VkDeviceSize size, uint32_t types, VkMemoryPropertyFlags wanted)
{
    for (uint32_t i = 0; i < gpu->memory.memoryTypeCount; i++) {
        if (!(types >> i & 1) || (gpu->memory.memoryTypes[i].propertyFlags & wanted) != wanted)
            continue;
        VkMemoryAllocateInfo info = { .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = size, .memoryTypeIndex = i };
        VkDeviceMemory memory;
        CHECK(vkAllocateMemory(gpu->device, &info, NULL, &memory));
        return memory;
    }

    missing("memory of this kind");
    return VK_NULL_HANDLE;
}

static VkBuffer make_buffer(struct gpu *gpu, VkDeviceSize size, VkBufferCreateFlags flags, VkMemoryRequirements *needs)
{
    uint32_t families[] = { gpu->copy_family, gpu->bind_family };
    VkBufferCreateInfo info = { .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .flags = flags, .size = size,
        .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
        .sharingMode = families[0] == families[1] ? VK_SHARING_MODE_EXCLUSIVE : VK_SHARING_MODE_CONCURRENT,
        .queueFamilyIndexCount = families[0] == families[1] ? 0 : 2, .pQueueFamilyIndices = families };
    VkBuffer buffer;
    CHECK(vkCreateBuffer(gpu->device, &info, NULL, &buffer));
    vkGetBufferMemoryRequirements(gpu->device, buffer, needs);
    return buffer;
}

static struct buffer make_bound(struct gpu *gpu, VkMemoryPropertyFlags wanted)
{
    VkMemoryRequirements needs;
    struct buffer made = { .buffer = make_buffer(gpu, SIZE, 0, &needs) };
    made.memory = allocate(gpu, needs.size, needs.memoryTypeBits, wanted);
    CHECK(vkBindBufferMemory(gpu->device, made.buffer, made.memory, 0));
    if (wanted & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)
        CHECK(vkMapMemory(gpu->device, made.memory, 0, VK_WHOLE_SIZE, 0, (void **)&made.bytes));
    return made;
}

static void end_buffer(struct gpu *gpu, struct buffer *made)
{
    vkDestroyBuffer(gpu->device, made->buffer, NULL);
    vkFreeMemory(gpu->device, made->memory, NULL);
}

static VkCommandBuffer begin(struct gpu *gpu)
{
    VkCommandBufferAllocateInfo info = { .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandPool = gpu->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY, .commandBufferCount = 1 };
    VkCommandBuffer commands;
    CHECK(vkAllocateCommandBuffers(gpu->device, &info, &commands));
    VkCommandBufferBeginInfo start = { .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT };
    CHECK(vkBeginCommandBuffer(commands, &start));
    return commands;
}

static void copy(VkCommandBuffer commands, VkBuffer from, VkBuffer to, VkDeviceSize at, VkDeviceSize size)
{
    VkBufferCopy region = { .srcOffset = at, .dstOffset = at, .size = size };
    vkCmdCopyBuffer(commands, from, to, 1, &region);
}

/* Copies see what the copies before have written. */
static void barrier(VkCommandBuffer commands)
{
    VkMemoryBarrier all = { .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT };
    VkPipelineStageFlags stages = VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT;
    vkCmdPipelineBarrier(commands, stages, stages, 0, 1, &all, 0, NULL, 0, NULL);
}

/* Submits behind the timeline's newest point, and waits for the next. */
static void run(struct gpu *gpu, VkCommandBuffer commands)
{
    CHECK(vkEndCommandBuffer(commands));
    uint64_t due = gpu->point, next = ++gpu->point;
    VkPipelineStageFlags stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
    VkTimelineSemaphoreSubmitInfo points = { .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO, .waitSemaphoreValueCount = 1,
        .pWaitSemaphoreValues = &due, .signalSemaphoreValueCount = 1, .pSignalSemaphoreValues = &next };
    VkSubmitInfo info = { .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .pNext = &points, .waitSemaphoreCount = 1,
        .pWaitSemaphores = &gpu->timeline, .pWaitDstStageMask = &stage, .commandBufferCount = 1, .pCommandBuffers = &commands,
        .signalSemaphoreCount = 1, .pSignalSemaphores = &gpu->timeline };
    CHECK(vkQueueSubmit(gpu->copy, 1, &info, VK_NULL_HANDLE));
    VkSemaphoreWaitInfo wait = { .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, .semaphoreCount = 1, .pSemaphores = &gpu->timeline,
        .pValues = &next };
    CHECK(vkWaitSemaphores(gpu->device, &wait, 10000000000));
    vkFreeCommandBuffers(gpu->device, gpu->pool, 1, &commands);
}

/* Binds blocks of a sparse buffer behind the newest point; who comes next waits for it on the GPU. Without memory they are taken away. */
static void bind_blocks(
    struct gpu *gpu, VkBuffer sparse, VkDeviceMemory memory, VkDeviceSize block, uint32_t first, uint32_t step, uint32_t shift)
{
    VkSparseMemoryBind binds[BLOCKS];
    uint32_t count = 0;
    for (uint32_t i = first; i < BLOCKS; i += step) {
        binds[count++] = (VkSparseMemoryBind) { .resourceOffset = i * block, .size = block, .memory = memory,
            .memoryOffset = memory == VK_NULL_HANDLE ? 0 : (i + shift) % BLOCKS * block };
    }

    uint64_t due = gpu->point, next = ++gpu->point;
    VkSparseBufferMemoryBindInfo of = { .buffer = sparse, .bindCount = count, .pBinds = binds };
    VkTimelineSemaphoreSubmitInfo points = { .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO, .waitSemaphoreValueCount = 1,
        .pWaitSemaphoreValues = &due, .signalSemaphoreValueCount = 1, .pSignalSemaphoreValues = &next };
    VkBindSparseInfo info = { .sType = VK_STRUCTURE_TYPE_BIND_SPARSE_INFO, .pNext = &points, .waitSemaphoreCount = 1,
        .pWaitSemaphores = &gpu->timeline, .bufferBindCount = 1, .pBufferBinds = &of, .signalSemaphoreCount = 1,
        .pSignalSemaphores = &gpu->timeline };
    CHECK(vkQueueBindSparse(gpu->binder, 1, &info, VK_NULL_HANDLE));
}

static uint32_t wrong_bytes(const char *what, const uint8_t *found, uint32_t from, uint32_t to, uint32_t round, uint32_t shift)
{
    uint32_t wrong = 0;
    for (uint32_t at = from; at < to; at++)
        wrong += found[at] != pattern(round, at + shift);
    if (wrong > 0)
        fprintf(stderr, "round %u: %s: %u of %u bytes are wrong\n", round, what, wrong, to - from);
    return wrong;
}

/* From the CPU to device memory, a part of it filled there, and back. */
static uint32_t copy_and_fill(struct gpu *gpu, struct buffer *here, struct buffer *there, struct buffer *back, uint32_t round)
{
    for (uint32_t at = 0; at < SIZE; at++)
        here->bytes[at] = pattern(round, at);
    memset(back->bytes, 0xee, SIZE);

    VkCommandBuffer commands = begin(gpu);
    copy(commands, here->buffer, there->buffer, 0, SIZE);
    barrier(commands);
    vkCmdFillBuffer(commands, there->buffer, SIZE / 2, SIZE / 4, 0xa5a5a5a5);
    barrier(commands);
    copy(commands, there->buffer, back->buffer, 0, SIZE);
    barrier(commands);
    run(gpu, commands);

    uint32_t wrong = wrong_bytes("copied", back->bytes, 0, SIZE / 2, round, 0)
        + wrong_bytes("copied behind what was filled", back->bytes, SIZE / 4 * 3, SIZE, round, 0);
    for (uint32_t at = SIZE / 2; at < SIZE / 4 * 3; at++)
        wrong += back->bytes[at] != 0xa5;
    return wrong;
}

/* Blocks of one memory, written through one order of bindings, are read through another. */
static uint32_t rebind(struct gpu *gpu, struct buffer *here, struct buffer *back, uint32_t round)
{
    VkMemoryRequirements needs;
    VkBuffer sparse = make_buffer(gpu, SIZE, VK_BUFFER_CREATE_SPARSE_BINDING_BIT | VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT, &needs);
    VkDeviceSize block = SIZE / BLOCKS;
    if (block % needs.alignment != 0)
        missing("sparse block of 128 KiB");
    VkDeviceMemory memory = allocate(gpu, SIZE, needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);

    bind_blocks(gpu, sparse, memory, block, 0, 1, 0);
    VkCommandBuffer commands = begin(gpu);
    copy(commands, here->buffer, sparse, 0, SIZE);
    barrier(commands);
    run(gpu, commands);

    memset(back->bytes, 0xee, SIZE);
    bind_blocks(gpu, sparse, memory, block, 0, 1, 1 + round % (BLOCKS - 1));
    commands = begin(gpu);
    copy(commands, sparse, back->buffer, 0, SIZE);
    barrier(commands);
    run(gpu, commands);

    uint32_t wrong = 0;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint32_t from = i * (uint32_t)block, source = (i + 1 + round % (BLOCKS - 1)) % BLOCKS * (uint32_t)block;
        wrong += wrong_bytes("bound anew", back->bytes, from, from + (uint32_t)block, round, source - from);
    }

    /* Every second block goes; what is left stays as it was, what is gone reads as zeros where the driver promises that. */
    memset(back->bytes, 0xee, SIZE);
    bind_blocks(gpu, sparse, VK_NULL_HANDLE, block, 1, 2, 0);
    commands = begin(gpu);
    copy(commands, sparse, back->buffer, 0, SIZE);
    barrier(commands);
    run(gpu, commands);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint32_t from = i * (uint32_t)block, source = (i + 1 + round % (BLOCKS - 1)) % BLOCKS * (uint32_t)block;
        if (i % 2 == 0)
            wrong += wrong_bytes("left bound", back->bytes, from, from + (uint32_t)block, round, source - from);
        for (uint32_t at = from; i % 2 == 1 && at < from + block; at++)
            wrong += back->bytes[at] != 0;
    }

    vkDestroyBuffer(gpu->device, sparse, NULL);
    vkFreeMemory(gpu->device, memory, NULL);
    return wrong;
}

int main(int argc, char **argv)
{
    uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 4, wrong = 0;
    struct gpu gpu = { 0 };
    VkInstance instance;
    open_gpu(&gpu, &instance);
    VkMemoryPropertyFlags mapped = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    for (uint32_t round = 0; round < rounds; round++) {
        struct buffer here = make_bound(&gpu, mapped), there = make_bound(&gpu, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT),
                      back = make_bound(&gpu, mapped);
        wrong += copy_and_fill(&gpu, &here, &there, &back, round) + rebind(&gpu, &here, &back, round);
        end_buffer(&gpu, &here);
        end_buffer(&gpu, &there);
        end_buffer(&gpu, &back);
    }

    CHECK(vkDeviceWaitIdle(gpu.device));
    vkDestroySemaphore(gpu.device, gpu.timeline, NULL);
    vkDestroyCommandPool(gpu.device, gpu.pool, NULL);
    vkDestroyDevice(gpu.device, NULL);
    vkDestroyInstance(instance, NULL);
    printf("%u rounds, %u wrong bytes\n", rounds, wrong);
    return wrong != 0;
}
