/* memory -- see include/ballast/memory.h. */
#include "ballast/memory.h"

size_t bal_memory_needed(const bal_setup *s, const char *const *nets, int count, int batch)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++) {
        bal_net *net;
        if (bal_setup_net(&net, s, nets[i], bal_setup_largest(nets[i], batch)) != BAL_OK) return 0;
        bal_net_mix(net, s->run.precision == BAL_MIXED);
        bytes += bal_net_memory(net, true) + 4 * sizeof(float) * bal_net_parameters(net);
        bal_net_free(net);
    }
    return bytes;
}

bal_status bal_memory_check(const bal_setup *s, const bal_device *dev, const char *section, const char *const *nets,
                            int count, int batch)
{
    const bal_device_info *info = bal_device_describe(dev);
    size_t                 needed = bal_memory_needed(s, nets, count, batch), room = info->memory / 10 * 9;
    int                    fits = batch;
    if (needed <= room) return BAL_OK;
    while (fits > 0 && bal_memory_needed(s, nets, count, fits) > room) fits /= 2;
    if (!fits)
        return bal_fail(BAL_ENOMEM, "[%s]: the nets need %.1f MiB even for a batch of 1; %s has %.1f MiB", section,
                        (double)bal_memory_needed(s, nets, count, 1) / 1048576, info->name,
                        (double)info->memory / 1048576);
    return bal_fail(BAL_ENOMEM, "[%s] batch = %d needs %.1f MiB; %s has %.1f MiB; batch = %d would fit", section, batch,
                    (double)needed / 1048576, info->name, (double)info->memory / 1048576, fits);
}
