/* vk_misuse.c: a Vulkan program that makes one mistake, or none: validation that does not speak up
 * is not there.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   vk_misuse none                 fills a buffer twice, with a barrier between
 *   vk_misuse empty_buffer         a buffer of no bytes: wrong in itself
 *   vk_misuse no_barrier           fills a buffer twice: wrong only in when
 *   vk_misuse leak                 leaves its buffer to a device that is destroyed
 *
 * Runs on the first device. Exit 0 when Vulkan worked, whatever validation thought of it. */
#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 1024 };

static PFN_vkGetInstanceProcAddr entry;
static VkInstance instance;

static void check(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "vk_misuse: %s\n", what);
    exit(1);
}

#define FUNCTION(name) PFN_##name name = (PFN_##name)entry(instance, #name)
#define WORKS(call)    check((call) == VK_SUCCESS, #call)

static void open_instance(void) {
    void *library = dlopen("libvulkan.so.1", RTLD_NOW);
    check(library != NULL, "no Vulkan loader");
    entry = (PFN_vkGetInstanceProcAddr)dlsym(library, "vkGetInstanceProcAddr");
    check(entry != NULL, "the loader has no entry");
    FUNCTION(vkCreateInstance);
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .apiVersion = VK_API_VERSION_1_1};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application};
    WORKS(vkCreateInstance(&info, NULL, &instance));
}

/* The first device with its first queue family, which any device can transfer on. */
static VkPhysicalDevice open_device(VkDevice *device) {
    FUNCTION(vkEnumeratePhysicalDevices);
    FUNCTION(vkCreateDevice);
    VkPhysicalDevice physical;
    uint32_t count = 1;
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue};
    VkResult found = vkEnumeratePhysicalDevices(instance, &count, &physical);
    check((found == VK_SUCCESS || found == VK_INCOMPLETE) && count == 1, "no device");
    WORKS(vkCreateDevice(physical, &info, NULL, device));
    return physical;
}

static uint32_t memory_type(VkPhysicalDevice physical, uint32_t allowed) {
    FUNCTION(vkGetPhysicalDeviceMemoryProperties);
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(physical, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
        if (allowed >> i & 1)
            return i;
    check(false, "no memory for the buffer");
    return 0;
}

static VkBuffer make_buffer(VkDevice device, VkDeviceSize bytes) {
    FUNCTION(vkCreateBuffer);
    VkBuffer buffer = VK_NULL_HANDLE;
    const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .size = bytes,
                                     .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT};
    vkCreateBuffer(device, &info, NULL, &buffer); /* may be refused: that is a mistake's right */
    return buffer;
}

static VkDeviceMemory back_buffer(VkPhysicalDevice physical, VkDevice device, VkBuffer buffer) {
    FUNCTION(vkGetBufferMemoryRequirements);
    FUNCTION(vkAllocateMemory);
    FUNCTION(vkBindBufferMemory);
    VkMemoryRequirements needs;
    VkDeviceMemory memory;
    vkGetBufferMemoryRequirements(device, buffer, &needs);
    const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                       .allocationSize = needs.size,
                                       .memoryTypeIndex =
                                           memory_type(physical, needs.memoryTypeBits)};
    WORKS(vkAllocateMemory(device, &info, NULL, &memory));
    WORKS(vkBindBufferMemory(device, buffer, memory, 0));
    return memory;
}

static void record(VkCommandBuffer commands, VkBuffer buffer, bool barrier) {
    FUNCTION(vkBeginCommandBuffer);
    FUNCTION(vkCmdFillBuffer);
    FUNCTION(vkCmdPipelineBarrier);
    FUNCTION(vkEndCommandBuffer);
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    const VkMemoryBarrier between = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT};
    WORKS(vkBeginCommandBuffer(commands, &begin));
    vkCmdFillBuffer(commands, buffer, 0, BYTES, 1);
    if (barrier)
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                             VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &between, 0, NULL, 0, NULL);
    vkCmdFillBuffer(commands, buffer, 0, BYTES, 2);
    WORKS(vkEndCommandBuffer(commands));
}

/* Two writes of one buffer, run to their end. */
static void fill_twice(VkDevice device, VkBuffer buffer, bool barrier) {
    FUNCTION(vkGetDeviceQueue);
    FUNCTION(vkCreateCommandPool);
    FUNCTION(vkAllocateCommandBuffers);
    FUNCTION(vkQueueSubmit);
    FUNCTION(vkQueueWaitIdle);
    FUNCTION(vkDestroyCommandPool);
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkQueue queue;
    const VkCommandPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    vkGetDeviceQueue(device, 0, 0, &queue);
    WORKS(vkCreateCommandPool(device, &info, NULL, &pool));
    const VkCommandBufferAllocateInfo one = {.sType =
                                                 VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                             .commandPool = pool,
                                             .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                             .commandBufferCount = 1};
    WORKS(vkAllocateCommandBuffers(device, &one, &commands));
    record(commands, buffer, barrier);
    const VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                 .commandBufferCount = 1,
                                 .pCommandBuffers = &commands};
    WORKS(vkQueueSubmit(queue, 1, &submit, VK_NULL_HANDLE));
    WORKS(vkQueueWaitIdle(queue));
    vkDestroyCommandPool(device, pool, NULL);
}

int main(int argc, char **argv) {
    const char *mistake = argc > 1 ? argv[1] : "none";
    VkDevice device;
    open_instance();
    VkPhysicalDevice physical = open_device(&device);
    FUNCTION(vkDestroyBuffer);
    FUNCTION(vkFreeMemory);
    FUNCTION(vkDestroyDevice);
    FUNCTION(vkDestroyInstance);
    if (strcmp(mistake, "empty_buffer") == 0)
        vkDestroyBuffer(device, make_buffer(device, 0), NULL);
    VkBuffer buffer = make_buffer(device, BYTES);
    check(buffer != VK_NULL_HANDLE, "no buffer");
    VkDeviceMemory memory = back_buffer(physical, device, buffer);
    fill_twice(device, buffer, strcmp(mistake, "no_barrier") != 0);
    if (strcmp(mistake, "leak") != 0)
        vkDestroyBuffer(device, buffer, NULL);
    vkFreeMemory(device, memory, NULL);
    vkDestroyDevice(device, NULL);
    vkDestroyInstance(instance, NULL);
    return 0;
}
