/* INI text: what is read, and the exact words of every fault. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/config.h"
#include "ballast/files.h"
#include "ballast/rng.h"

static bal_config *c;

static int clear(void **state)
{
    (void)state;
    bal_config_free(c);
    c = NULL;
    return 0;
}

static void reads(const char *text)
{
    clear(NULL);
    if (bal_config_parse(&c, "x.ini", text)) fail_msg("%s", bal_error());
}

static void fails(const char *text, const char *message)
{
    clear(NULL);
    assert_int_equal(bal_config_parse(&c, "x.ini", text), BAL_ECONFIG);
    assert_null(c);
    assert_string_equal(bal_error(), message);
}

static const char *value(const char *section, const char *key)
{
    const bal_entry *e = bal_section_find(bal_config_find(c, section), key);
    return e ? e->value : NULL;
}

static void keeps_order_and_lines(void **state)
{
    (void)state;
    reads(
        "; a comment\n[run]\nname = x\n\n[net] # here\n  layer = conv filters=3\n\tlayer=relu ; fine\nempty =\n[last]");
    assert_string_equal(bal_config_path(c), "x.ini");
    assert_int_equal(bal_config_count(c), 3);
    const bal_section *s = bal_config_section(c, 1);
    assert_string_equal(s->name, "net");
    assert_int_equal(s->at.line, 5);
    assert_int_equal(s->count, 3);
    assert_string_equal(s->entries[0].key, "layer");
    assert_string_equal(s->entries[0].value, "conv filters=3");
    assert_int_equal(s->entries[0].at.line, 6);
    assert_string_equal(s->entries[0].at.file, "x.ini");
    assert_string_equal(s->entries[1].value, "relu");
    assert_int_equal(s->entries[1].at.line, 7);
    assert_string_equal(s->entries[2].value, "");
    assert_int_equal(bal_config_section(c, 2)->count, 0);
    assert_null(bal_config_find(c, "none"));
    assert_null(bal_section_find(s, "none"));
    assert_null(bal_section_find(NULL, "none"));
}

static void accepts_what_editors_write(void **state)
{
    (void)state;
    reads("\xEF\xBB\xBF[run]\r\nname = K\xC3\xB6ln\r\n");
    assert_string_equal(value("run", "name"), "K\xC3\xB6ln");
    reads("");
    assert_int_equal(bal_config_count(c), 0);
    reads("[ run ]\na:b\nc = d;e # f\n;[x\n#[y\n");
    assert_string_equal(value("run", "a"), "b");
    assert_string_equal(value("run", "c"), "d;e # f");
}

static void refuses_what_is_no_text(void **state)
{
    static const char with_nul[] = "[run]\nname = a\0b\n";
    char              path[] = "/tmp/ballast-config-XXXXXX";
    int               fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(bal_file_write(path, with_nul, sizeof with_nul - 1), BAL_OK);
    assert_int_equal(bal_config_read(&c, path), BAL_ECONFIG);
    assert_non_null(strstr(bal_error(), ":2: a NUL byte; an INI file is plain text"));
    unlink(path);
    fails("[run]\na = \xff\n", "x.ini:2: byte 0xff is not UTF-8; save the file as UTF-8");
    fails("; \xC0\x80", "x.ini:1: byte 0xc0 is not UTF-8; save the file as UTF-8");
    fails("; \xED\xA0\x80", "x.ini:1: byte 0xed is not UTF-8; save the file as UTF-8");
    fails("; \xF4\x90\x80\x80", "x.ini:1: byte 0xf4 is not UTF-8; save the file as UTF-8");
    fails("; \xE2\x82", "x.ini:1: byte 0xe2 is not UTF-8; save the file as UTF-8");
    fails("[run]\na = \x1b[31m\n", "x.ini:2: control character 0x1b; an INI file is plain text");
    fails("[run]\ra = 1\r", "x.ini:1: control character 0x0d; an INI file is plain text");
}

static void refuses_what_inih_would_cut(void **state)
{
    char text[4200];

    (void)state;
    reads("[run]\n; a comment may be as long as it likes: "
          "0123456789012345678901234567890123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\nname "
          "= x\n");
    assert_int_equal(bal_config_section(c, 0)->entries[0].at.line, 3);
    strcpy(text, "[run]\nname = ");
    memset(text + 13, 'x', 4089);
    text[4102] = '\0';
    reads(text); /* a line of 4096 bytes */
    assert_int_equal(strlen(value("run", "name")), 4089);
    strcat(text, "x");
    fails(text, "x.ini:2: line of 4097 bytes; at most 4096 are allowed");
    text[500] = '\0';
    memset(text + 14, ' ', 400);
    fails(text, "x.ini:2: too many blanks in a long line");
    fails("[run]\n01234567890123456789012345678901234567890123456789 = x",
          "x.ini:2: a key has a name of 50 bytes; at most 49 are allowed");
    fails("[01234567890123456789012345678901234567890123456789]",
          "x.ini:1: a section has a name of 50 bytes; at most 49 are allowed");
    reads("[0123456789012345678901234567890123456789012345678]\n0123456789012345678901234567890123456789012345678 = x");
    assert_int_equal(strlen(bal_config_section(c, 0)->entries[0].key), 49);
}

/* Wherever a long value is cut for inih: words, comment characters inside of them, letters of several bytes. */
static void keeps_long_values(void **state)
{
    static const char *const words[] = {"a b ", "; ", "x;#", "#\xC3\xA4 ", "longer-word\t"};
    (void)state;
    for (int at = 0; at < 300; at++) {
        char text[1200] = "[run]\n  name = ", *wanted = text + 15;
        memset(wanted, 'y', (size_t)at + 1);
        for (int i = 0; i < 60; i++) strcat(text, words[i % 5 == 1 ? 2 : i % 5]);
        strcat(text, "z");
        size_t size = strlen(text);
        strcat(text, " ; a comment\n\nname = again\n[net]");
        reads(text);
        assert_int_equal(bal_config_section(c, 0)->count, 2);
        assert_int_equal(strlen(value("run", "name")), size - 15);
        assert_memory_equal(value("run", "name"), wanted, size - 15);
        assert_int_equal(bal_config_section(c, 0)->entries[1].at.line, 4);
    }
}

static void refuses_what_means_nothing(void **state)
{
    (void)state;
    fails("a = 1\n[run]\n", "x.ini:1: \"a\" stands outside a section; a line like [run] must come first");
    fails("[run]\nhello\nb = \xff\n", "x.ini:2: neither [section] nor key = value nor a comment");
    fails("[run]\n[x\n[run]\n", "x.ini:2: neither [section] nor key = value nor a comment");
    fails("[run]\na = 1\n[net]\n[run]\n", "x.ini:4: section [run] again; it began in line 1");
    fails("[run] a = 1\n", "x.ini:1: text behind the ']' of a section");
    fails("[]\n", "x.ini:1: a section has no name");
    fails("[run]\n= 1\n", "x.ini:2: a key has no name");
    fails("[run]\na ; b = 1\n", "x.ini:2: neither [section] nor key = value nor a comment");
    assert_int_equal(bal_config_read(&c, "/no/such.ini"), BAL_EIO);
    assert_null(c);
    assert_string_equal(bal_error(), "/no/such.ini: cannot be opened: No such file or directory");
}

static void not_set(const char *assignment, const char *message)
{
    assert_int_equal(bal_config_set(c, assignment), BAL_ECONFIG);
    assert_string_equal(bal_error(), message);
}

static void sets(void **state)
{
    char long_value[4200] = "run.name=";

    (void)state;
    reads("[run]\nseed = 1\nname = x\n[net]\nlayer = relu\nskip = 1\nskip = 2\n");
    assert_int_equal(bal_config_set(c, "run.seed=7"), BAL_OK);
    assert_string_equal(value("run", "seed"), "7");
    assert_string_equal(bal_section_find(bal_config_find(c, "run"), "seed")->at.file, "--set run.seed");
    assert_int_equal(bal_config_set(c, " train.gan.loss = hinge "), BAL_OK);
    assert_string_equal(value("train.gan", "loss"), "hinge");
    assert_int_equal(bal_config_set(c, "arm.weights.train.classifier.weights=inverse"), BAL_OK);
    assert_string_equal(value("arm.weights", "train.classifier.weights"), "inverse");
    assert_int_equal(bal_config_set(c, "arm.weights.images=original"), BAL_OK);
    assert_string_equal(value("arm.weights", "images"), "original");
    assert_int_equal(bal_config_set(c, "run.name="), BAL_OK);
    assert_string_equal(value("run", "name"), "");
    assert_int_equal(bal_config_set(c, "run.name=a=b"), BAL_OK);
    assert_string_equal(value("run", "name"), "a=b");
    assert_int_equal(bal_config_find(c, "run")->count, 2);
    not_set("seed=1", "--set seed: is not of the form section.key=value");
    not_set("run.seed", "--set run.seed: is not of the form section.key=value");
    not_set("", "--set : is not of the form section.key=value");
    not_set(".seed=1", "--set .seed: a section has no name");
    not_set("run.=1", "--set run.: a key has no name");
    not_set("net.layer=conv", "--set net.layer: a key that may repeat cannot be set; change the file");
    not_set("net.skip=3", "--set net.skip: a key that may repeat cannot be set; change the file");
    not_set("run.name=a ; b", "--set run.name: \" ;\" in a value begins a comment");
    not_set("run.name=a\nb", "--set run.name: control character 0x0a; an INI file is plain text");
    not_set("run.name=\xff", "--set run.name: byte 0xff is not UTF-8; save the file as UTF-8");
    memset(long_value + 9, 'x', 4100);
    not_set(long_value, "--set run.name: line of 4107 bytes; at most 4096 are allowed");
}

typedef struct run {
    int         seed;
    const char *name;
} run;

static const bal_option options[] = {
    BAL_OPT(run, seed, BAL_INT, 1, 0, 1000, "where all randomness begins"),
    BAL_OPT_TEXT_REQUIRED(run, name, "name of the run's folder"),
    BAL_OPT_END,
};

static void not_filled(const char *text, const char *message)
{
    static const char *const repeated[] = {"layer", NULL};
    run                      r;

    reads(text);
    assert_int_equal(bal_section_fill(bal_config_find(c, "run"), "run", options, repeated, &r), BAL_ECONFIG);
    assert_string_equal(bal_error(), message);
}

static void fills(void **state)
{
    static const char *const repeated[] = {"layer", NULL};
    run                      r;

    (void)state;
    reads("[run]\nlayer = a\nname = x\nlayer = b\nseed = 5\n");
    assert_int_equal(bal_section_fill(bal_config_find(c, "run"), "run", options, repeated, &r), BAL_OK);
    assert_int_equal(r.seed, 5);
    assert_string_equal(r.name, "x");
    not_filled("\n[run]\nseed = 5\n", "x.ini:2: [run]: name is missing: a text (name of the run's folder)");
    not_filled("[run]\nseed = 5\nseed = 5\n", "x.ini:3: [run] seed: is given twice; first in line 2");
    not_filled("[run]\nseed = abc\n", "x.ini:2: [run] seed: \"abc\" is not a whole number from 0 to 1000");
    not_filled("[run]\nsede = 1\n", "x.ini:2: [run]: no option \"sede\"; did you mean \"seed\"?");
    not_filled("[run]\nlayr = 1\n", "x.ini:2: [run]: no option \"layr\"; did you mean \"layer\"?");
    not_filled("[run]\nzzz = 1\n", "x.ini:2: [run]: no option \"zzz\"; it has layer, seed, name");
    not_filled("[net]\n", "[run]: name is missing: a text (name of the run's folder)");
    assert_int_equal(bal_section_fill(NULL, "empty", NULL, NULL, NULL), BAL_OK);
}

static void splits_lines(void **state)
{
    char        name[8];
    const char *rest;

    (void)state;
    bal_line_split(" conv  filters=3 pad=1", name, sizeof name, &rest);
    assert_string_equal(name, "conv");
    assert_string_equal(rest, "filters=3 pad=1");
    bal_line_split("", name, sizeof name, &rest);
    assert_string_equal(name, "");
    assert_string_equal(rest, "");
    bal_line_split("0123456789", name, sizeof name, &rest);
    assert_string_equal(name, "0123456");
}

/* Any bytes: no crash, and a failure has a message with a place. */
static void random_text(void **state)
{
    static const char alphabet[] = "[]ab=:;# \t\n\n\r.\x01\xC3\xA4\xEF\xBB\xBF\xff";
    bal_stream        s = bal_stream_for(3, BAL_FOR_TEST, 0, 0);
    uint64_t          k = 0;
    int               good = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        int  n = (int)(bal_random_bits(&s, k++) % (sizeof text - 1));
        for (int j = 0; j < n; j++) text[j] = alphabet[bal_random_bits(&s, k++) % (sizeof alphabet - 1)];
        text[n] = '\0';
        clear(NULL);
        if (bal_config_parse(&c, "x.ini", text) == BAL_OK) good++;
        else assert_memory_equal(bal_error(), "x.ini:", 6);
        if (c) bal_config_set(c, text);
    }
    assert_in_range(good, 100, 19900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(keeps_order_and_lines, clear),
        cmocka_unit_test_teardown(accepts_what_editors_write, clear),
        cmocka_unit_test_teardown(refuses_what_is_no_text, clear),
        cmocka_unit_test_teardown(refuses_what_inih_would_cut, clear),
        cmocka_unit_test_teardown(keeps_long_values, clear),
        cmocka_unit_test_teardown(refuses_what_means_nothing, clear),
        cmocka_unit_test_teardown(sets, clear),
        cmocka_unit_test_teardown(fills, clear),
        cmocka_unit_test(splits_lines),
        cmocka_unit_test_teardown(random_text, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
