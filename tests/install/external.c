/* What somebody else's program looks like. */
#include <stdio.h>
#include <ballast/net.h>

int main(void)
{
    bal_config *config = NULL;
    bal_net    *net = NULL;
    bal_device *dev = NULL;
    bal_shape   in = {4, 8, 8, 1};
    bal_tensor  x = {0}, y;
    if (bal_config_parse(&config, "net", "[net]\nlayer = tanh\n") ||
        bal_net_read(&net, bal_config_find(config, "net"), in) || bal_device_open(&dev, &(bal_device_settings){0}) ||
        bal_net_build(net, dev, true, 1, 0) || bal_tensor_init(&x, dev, in) || bal_tensor_fill(&x, 0.5f) ||
        bal_net_forward(net, &(bal_pass){.training = true}, &x, &y) || bal_device_finish(dev))
        return puts(bal_error()), 1;
    printf("%zu outputs on %s\n", bal_shape_size(y.shape), bal_device_describe(dev)->name);
    bal_tensor_free(&x);
    bal_net_free(net);
    bal_device_close(dev);
    bal_config_free(config);
    return 0;
}
