/* checkpoint -- the safetensors file: a known one byte for byte, round trips, every fault by its message, and a fuzzed
 * reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ballast/checkpoint.h"
#include "ballast/files.h"
#include "guarded.h"

static char folder[] = "/tmp/ballast-checkpoint-XXXXXX", path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/a.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    remove(path);
    return rmdir(folder);
}

/* One tensor w [2,2] = 1, 2, 3, 4 and the note format=pt: the reference implementation's bytes. */
static const char known[] = "\x58\0\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"},\"w\":{\"dtype\":\"F32\","
                            "\"shape\":[2,2],\"data_offsets\":[0,16]}}"
                            "\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40";
enum { KNOWN = 112 };

static void test_known_file(void **state)
{
    (void)state;
    bal_checkpoint *c;
    float           w[4];
    char           *data;
    size_t          size;
    assert_int_equal(sizeof known - 1, KNOWN);
    MUST(bal_checkpoint_parse(&c, "known", known, KNOWN));
    const bal_saved *t = bal_checkpoint_find(c, "w");
    assert_non_null(t);
    assert_true(t->dtype == BAL_F32 && t->rank == 2 && t->dim[0] == 2 && t->dim[1] == 2 && t->size == sizeof w);
    memcpy(w, t->data, sizeof w);
    assert_true(w[0] == 1 && w[1] == 2 && w[2] == 3 && w[3] == 4);
    assert_string_equal(bal_checkpoint_find_note(c, "format"), "pt");
    assert_null(bal_checkpoint_find(c, "v"));
    assert_null(bal_checkpoint_find_note(c, "w"));
    MUST(bal_checkpoint_write(c, path));
    MUST(bal_file_read(&data, &size, path, 0));
    assert_int_equal(size, KNOWN);
    assert_memory_equal(data, known, KNOWN);
    free(data);
    bal_checkpoint_free(c);
}

static bal_checkpoint *example(void)
{
    bal_checkpoint *c;
    const float     real[6] = {1, -2.5F, 3e30F, 0, 1e-40F, 7};
    const int64_t   wide = INT64_MIN + 5;
    const int32_t   narrow[3] = {1, INT32_MAX, -1};
    MUST(bal_checkpoint_new(&c));
    MUST(bal_checkpoint_put(c, "z.weight", BAL_F32, 3, (int[]){3, 1, 2}, real));
    MUST(bal_checkpoint_put(c, "a \"quoted\" \xc3\xa9", BAL_I32, 1, (int[]){3}, narrow));
    MUST(bal_checkpoint_put(c, "bytes", BAL_U8, 1, (int[]){5}, "\1\2\3\4\xff"));
    MUST(bal_checkpoint_put(c, "step", BAL_I64, 0, NULL, &wide));
    MUST(bal_checkpoint_put(c, "empty", BAL_F32, 2, (int[]){0, 4}, NULL));
    MUST(bal_checkpoint_put(c, "one", BAL_F32, 0, NULL, real));
    MUST(bal_checkpoint_note(c, "step", "4"));
    MUST(bal_checkpoint_note(c, "note", "two\nlines, \xe2\x82\xac \\ \""));
    MUST(bal_checkpoint_note(c, "step", "5"));
    return c;
}

static void test_round_trip(void **state)
{
    (void)state;
    bal_checkpoint *c = example(), *back;
    char           *first, *second;
    size_t          first_size, second_size;
    MUST(bal_checkpoint_write(c, path));
    MUST(bal_file_read(&first, &first_size, path, 0));
    MUST(bal_checkpoint_read(&back, path));
    assert_int_equal(bal_checkpoint_count(back), bal_checkpoint_count(c));
    for (int i = 0; i < bal_checkpoint_count(c); i++) {
        const bal_saved *t = bal_checkpoint_tensor(c, i), *u = bal_checkpoint_find(back, t->name);
        assert_non_null(u);
        assert_true(t->dtype == u->dtype && t->rank == u->rank && t->size == u->size);
        assert_memory_equal(t->dim, u->dim, sizeof t->dim);
        if (t->size) assert_memory_equal(t->data, u->data, t->size);
    }
    assert_string_equal(bal_checkpoint_find_note(back, "step"), "5");
    assert_string_equal(bal_checkpoint_find_note(back, "note"), "two\nlines, \xe2\x82\xac \\ \"");
    MUST(bal_checkpoint_write(back, path));
    MUST(bal_file_read(&second, &second_size, path, 0));
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    assert_int_equal(first_size % 8, (3 * 4 + 5 + 4 + 6 * 4) % 8); /* the header is padded */
    free(first);
    free(second);
    bal_checkpoint_free(c);
    bal_checkpoint_free(back);
}

static void test_empty(void **state)
{
    (void)state;
    bal_checkpoint *c;
    MUST(bal_checkpoint_parse(&c, "t", "\2\0\0\0\0\0\0\0{}", 10));
    assert_int_equal(bal_checkpoint_count(c), 0);
    MUST(bal_checkpoint_write(c, path));
    bal_checkpoint_free(c);
    MUST(bal_checkpoint_read(&c, path));
    assert_int_equal(bal_checkpoint_count(c), 0);
    bal_checkpoint_free(c);
    bal_checkpoint_free(NULL);
}

/* ---- faults ------------------------------------------------------------------------------------------------------ */

/* A file of this header and `size` bytes of data; malloc'd. */
static char *make_file(const char *header, size_t size, size_t *total)
{
    uint64_t length = strlen(header);
    *total = 8 + (size_t)length + size;
    char *file = calloc(1, *total);
    memcpy(file, &length, 8);
    memcpy(file + 8, header, (size_t)length);
    return file;
}

#define W(dtype, shape, offsets) "{\"w\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
#define TWO(first, second) \
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" first \
    "},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" second "}}"

static const struct {
    const char *header;
    size_t      size;
    const char *message;
} bad[] = {
    {"", 0, "t: its header does not begin with {"},
    {" {}", 0, "t: its header does not begin with {"},
    {"[]", 0, "t: its header does not begin with {"},
    {"{", 0, "t: its header is not valid JSON"},
    {"{}x", 0, "t: its header is not valid JSON"},
    {"{}\n", 0, "t: its header is not valid JSON"},
    {"{\"w\":1}", 0, "t: tensor w is not an object"},
    {"{\"__metadata__\":[]}", 0, "t: __metadata__ is not an object of strings"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "t: __metadata__: \"a\" is not a string"},
    {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "t: \"a\" is in its header twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "t: \"__metadata__\" is in its header twice"},
    {TWO("[0,4]", "[4,8]") "", 7, "t: tensor b: data_offsets are missing, malformed or beyond the file"},
    {TWO("[0,4]", "[4,8]") "", 9, "t: 1 bytes behind the last tensor"},
    {TWO("[0,4]", "[5,9]") "", 9, "t: there is a hole before tensor b"},
    {TWO("[1,5]", "[5,9]") "", 9, "t: there is a hole before tensor a"},
    {TWO("[0,4]", "[3,7]") "", 7, "t: tensor b overlaps another"},
    {TWO("[0,4]", "[0,4]") "", 4, "t: tensor b overlaps another"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]},\"w\":{\"dtype\":\"U8\",\"shape\":[],\"data_"
     "offsets\":[0,1]}}",
     1, "t: \"w\" is in its header twice"},
    {"{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
     "t: \"dtype\" is in its header twice"},
    {"{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}", 1,
     "t: tensor w: data_offsets are missing, malformed or beyond the file"},
    {"{\"a\\nb\":{}}", 0, "t: a name in its header is too long, not UTF-8 or holds control characters"},
    {"{\"\xff\":{}}", 0, "t: a name in its header is too long, not UTF-8 or holds control characters"},
    {"{\"w\":{}}", 0, "t: tensor w: dtype is not F32, I64, I32 or U8"},
    {W("\"BF16\"", "[1]", "[0,2]"), 2, "t: tensor w: dtype is not F32, I64, I32 or U8"},
    {W("4", "[1]", "[0,4]"), 4, "t: tensor w: dtype is not F32, I64, I32 or U8"},
    {W("\"F32\"", "1", "[0,4]"), 4, "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[-1]", "[0,4]"), 4, "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[1.5]", "[0,4]"), 4, "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[\"1\"]", "[0,4]"), 4, "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[2]", "[0,4]"), 4, "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[2147483647,2147483647,2147483647]", "[0,4]"), 4,
     "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[65536,65536,65536,65536]", "[0,4]"), 4,
     "t: tensor w: shape is missing, malformed or beyond the file"},
    {W("\"F32\"", "[1]", "[0]"), 4, "t: tensor w: data_offsets are missing, malformed or beyond the file"},
    {W("\"F32\"", "[1]", "{\"a\":0,\"b\":4}"), 4,
     "t: tensor w: data_offsets are missing, malformed or beyond the file"},
    {W("\"F32\"", "[1]", "[4,0]"), 4, "t: tensor w: data_offsets are missing, malformed or beyond the file"},
    {W("\"F32\"", "[1]", "[0,1e300]"), 4, "t: tensor w: data_offsets are missing, malformed or beyond the file"},
    {W("\"F32\"", "[1]", "[0,3]"), 4, "t: tensor w: 3 bytes for a shape of 4"},
    {W("\"I64\"", "[]", "[0,4]"), 8, "t: tensor w: 4 bytes for a shape of 8"},
};

static void test_faults(void **state)
{
    (void)state;
    bal_checkpoint *c;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t size;
        char  *file = make_file(bad[i].header, bad[i].size, &size);
        if (bal_checkpoint_parse(&c, "t", file, size) == BAL_OK) fail_msg("%s is taken", bad[i].header);
        assert_null(c);
        assert_string_equal(bal_error(), bad[i].message);
        free(file);
    }
}

static void refused(const char *data, size_t size, const char *message)
{
    bal_checkpoint *c;
    assert_int_equal(bal_checkpoint_parse(&c, "t", data, size), BAL_EIO);
    assert_string_equal(bal_error(), message);
}

static void test_sizes(void **state)
{
    (void)state;
    static char large[(5 << 20) + 8];
    uint64_t    size = 5 << 20;
    memset(large, ' ', sizeof large);
    memcpy(large, &size, sizeof size);
    refused(large, sizeof large, "t: a header of more than 4194304 bytes");
    refused("", 0, "t: 0 bytes are no safetensors file");
    refused("\1\0\0\0", 4, "t: 4 bytes are no safetensors file");
    refused("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10, "t: is cut short, or is no safetensors file");
    for (size_t cut = 8; cut < KNOWN; cut++) {
        bal_checkpoint *c;
        assert_int_equal(bal_checkpoint_parse(&c, "t", known, cut), BAL_EIO);
    }
}

static void test_files(void **state)
{
    (void)state;
    bal_checkpoint *c = example();
    char            nowhere[96], message[256];
    snprintf(nowhere, sizeof nowhere, "%s/none/a.safetensors", folder);
    assert_int_equal(bal_checkpoint_write(c, nowhere), BAL_EIO);
    snprintf(message, sizeof message, "%s: cannot be created: No such file or directory", nowhere);
    assert_string_equal(bal_error(), message);
    bal_checkpoint_free(c);
    assert_int_equal(bal_checkpoint_read(&c, nowhere), BAL_EIO);
    assert_null(c);
    MUST(bal_file_write(path, "hello, world", 12));
    assert_int_equal(bal_checkpoint_read(&c, path), BAL_EIO);
    snprintf(message, sizeof message, "%s: is cut short, or is no safetensors file", path);
    assert_string_equal(bal_error(), message);
}

/* ---- fuzzing ----------------------------------------------------------------------------------------------------- */

static size_t pick(const bal_stream *s, uint64_t *at, size_t below) { return bal_random_bits(s, (*at)++) % below; }

/* One change: a byte, a bit, a digit, a piece repeated, removed, or the end cut off. */
static size_t mutate(char *file, size_t size, size_t room, const bal_stream *s, uint64_t *at)
{
    static const char interesting[] = "\0{}[]\",:0-9.eE \\u\x7f\xff";
    size_t            where = pick(s, at, size), length = 1 + pick(s, at, 12);
    if (length > size - where) length = size - where;
    switch (pick(s, at, 6)) {
    case 0: file[where] = (char)pick(s, at, 256); break;
    case 1: file[where] = (char)(file[where] ^ (1 << pick(s, at, 8))); break;
    case 2: file[where] = interesting[pick(s, at, sizeof interesting)]; break;
    case 3:
        if (size + length > room) break;
        memmove(file + where + length, file + where, size - where);
        return size + length;
    case 4:
        memmove(file + where, file + where + length, size - where - length);
        return size - length ? size - length : 1;
    default: return where ? where : 1;
    }
    return size;
}

static void test_fuzz(void **state)
{
    (void)state;
    enum { ROOM = 2048, ROUNDS = 30000 };
    bal_stream      s = bal_stream_for(3, BAL_FOR_TEST, 1, 2);
    bal_checkpoint *c = example();
    uint64_t        at = 0;
    char           *valid, file[ROOM];
    size_t          valid_size;
    int             taken = 0, refused_ones = 0;
    MUST(bal_checkpoint_write(c, path));
    bal_checkpoint_free(c);
    MUST(bal_file_read(&valid, &valid_size, path, ROOM / 2));
    for (int round = 0; round < ROUNDS; round++) {
        size_t   size = valid_size;
        unsigned sum = 0;
        memcpy(file, valid, size);
        for (size_t n = 1 + pick(&s, &at, 4); n > 0; n--) size = mutate(file, size, ROOM, &s, &at);
        if (bal_checkpoint_parse(&c, "t", file, size) != BAL_OK) {
            assert_true(strncmp(bal_error(), "t: ", 3) == 0 && !strchr(bal_error(), '\n'));
            refused_ones++;
            continue;
        }
        taken++;
        for (int i = 0; i < bal_checkpoint_count(c); i++)
            for (size_t j = 0; j < bal_checkpoint_tensor(c, i)->size; j++)
                sum += ((const unsigned char *)bal_checkpoint_tensor(c, i)->data)[j];
        assert_true(sum < UINT_MAX);
        bal_checkpoint_free(c);
    }
    assert_true(taken > ROUNDS / 50 && refused_ones > ROUNDS / 2);
    free(valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_file), cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_empty),      cmocka_unit_test(test_faults),
                                       cmocka_unit_test(test_sizes),      cmocka_unit_test(test_files),
                                       cmocka_unit_test(test_fuzz)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
