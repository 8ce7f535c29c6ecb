/* html_gans -- pictures and figures of generators. See eval/html_parts.h. */
#include <stdlib.h>
#include "ballast/files.h"
#include "eval/html_parts.h"
#include "eval/page.h"

enum { GANS = 16 }; /* whose grids are shown */

/* The last file of folder/samples; malloc'd, or NULL. */
static char *last_sample(const char *folder)
{
    bal_names names = {0};
    char     *samples = bal_path_join(folder, "samples"), *path = NULL;
    if (samples && bal_folder_exists(samples) && bal_folder_list(&names, samples) == BAL_OK && names.count)
        path = bal_path_join(samples, names.name[names.count - 1]);
    bal_names_free(&names);
    free(samples);
    return path;
}

/* Takes over the path. */
static void put_grid(FILE *to, char *path, const char *what, const char *class)
{
    char            *caption = bal_format("%s: %s", class, what);
    char            *alt = bal_format("A grid of images of class %s: %s.", class, what);
    bal_page_picture p = {.class = "grid", .type = "image/png", .alt = alt, .caption = caption};
    if (path && alt && caption) bal_page_file(to, &p, path);
    free(path);
    free(alt);
    free(caption);
}

static void put_all(FILE *to, const char *folder, const char *name);

/* Then the classes of a conditional one. */
static void put_gan(FILE *to, const char *gans, const char *class)
{
    char *folder = bal_path_join(gans, class);
    if (!folder || !bal_folder_exists(folder)) {
        free(folder);
        return;
    }
    fputs("<h3>", to);
    bal_page_name(to, class);
    fputs("</h3>\n", to);
    bal_html_generator(to, folder, class);
    fputs("<div class=\"grids\">\n", to);
    put_grid(to, bal_path_join(folder, "real.png"), "real training images", class);
    put_grid(to, last_sample(folder), "generated images, at the end of training", class);
    put_grid(to, bal_path_join(folder, "nearest.png"),
             "generated images that are nearest to a training image, in rows above these", class);
    put_grid(to, bal_path_join(folder, "progression.png"), "generated while training, a row a moment, oldest on top",
             class);
    fputs("</div>\n", to);
    put_all(to, folder, "classes");
    free(folder);
}

static void put_all(FILE *to, const char *folder, const char *name)
{
    bal_names names = {0};
    char     *gans = bal_path_join(folder, name);
    if (gans && bal_folder_exists(gans) && bal_folder_list(&names, gans) != BAL_OK) bal_page_fault(to);
    if (names.count > GANS) fprintf(to, "<p>The first %d of %d generators.</p>\n", GANS, names.count);
    for (int i = 0; i < names.count && i < GANS; i++) put_gan(to, gans, names.name[i]);
    bal_names_free(&names);
    free(gans);
}

/* An experiment's generators are those of its first fold. */
void bal_html_gans(FILE *to, const char *folder)
{
    static const char *const places[] = {"gan", "split/gan", "fold0/gan"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = bal_path_join(folder, places[i]);
        bool  found = path && bal_folder_exists(path);
        if (found) {
            fputs("<h2>Real and generated images</h2>\n", to);
            put_all(to, folder, places[i]);
        }
        free(path);
        if (found) return;
    }
}
