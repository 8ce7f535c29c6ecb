/* ballast as a library: one training step of the classifier that a configuration describes. */
#include <stdio.h>
#include <ballast/classifier.h>

int main(int argc, char **argv)
{
    bal_setup      *setup = NULL;
    bal_dataset    *data = NULL;
    bal_device     *dev = NULL;
    bal_classifier *classifier = NULL;
    const char     *path = argc > 1 ? argv[1] : "external.ini";
    bool            failed = bal_setup_open(&setup, path, NULL, 0) || bal_dataset_open(&data, setup->config, 1) ||
                  bal_device_open(&dev, &(bal_device_settings){0});
    bal_classifier_job job = {.setup = setup, .data = data, .dev = dev};
    failed =
        failed || bal_classifier_open(&classifier, &job) || bal_classifier_step(classifier) || bal_device_finish(dev);
    if (failed) puts(bal_error());
    else printf("%d step on %s\n", bal_classifier_steps(classifier, NULL), bal_device_describe(dev)->name);
    bal_classifier_close(classifier);
    bal_device_close(dev);
    bal_dataset_close(data);
    bal_setup_close(setup);
    return failed;
}
