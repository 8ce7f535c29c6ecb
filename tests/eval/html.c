/* The report for people: whatever is in names and files stays text, the page needs nothing from outside, and says the
 * same twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/html.h"
#include "scratch.h"

#define EVIL "<img src=x onerror=alert(1)>"
#define QUOTES "a\"b'c&d"
#define UTF8_SHOWN "L\xC3\xA4sion \xEF\xBF\xBD\xD7\xA9" /* what turns the writing is replaced */
#define UTF8 "L\xC3\xA4sion \xE2\x80\xAE\xD7\xA9"

static bal_predictions parse(const char *text)
{
    bal_predictions p;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, strlen(text)), BAL_OK);
    return p;
}

static char *page_of(const bal_predictions *p, const char *folder)
{
    bal_report r;
    char      *html;
    assert_int_equal(bal_report_make(&r, p, NULL, BAL_REPORT_SEED), BAL_OK);
    assert_int_equal(bal_html_report(&html, &r, folder), BAL_OK);
    bal_report_free(&r);
    return html;
}

static int count_of(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) n++;
    return n;
}

static bool is_void(const char *name, size_t size)
{
    static const char *const names[] = {"meta", "img", "!DOCTYPE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == size && strncmp(names[i], name, size) == 0) return true;
    return false;
}

/* Every element that is opened is closed in its turn; nothing is fetched or run. */
static void assert_sound(const char *html)
{
    struct {
        const char *name;
        size_t      size;
    } open[32];
    int depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at, '<')) {
        bool        closing = at[1] == '/';
        const char *name = at + 1 + closing, *end = strchr(at, '>');
        size_t      size = strcspn(name, " >\n");
        assert_non_null(end);
        if (closing) {
            assert_true(depth > 0);
            depth--;
            assert_true(size == open[depth].size && strncmp(name, open[depth].name, size) == 0);
        } else if (!is_void(name, size)) {
            assert_true(depth < 32);
            open[depth].name = name;
            open[depth++].size = size;
        }
        at = end;
    }
    assert_int_equal(depth, 0);
    assert_null(strstr(html, "http://"));
    assert_null(strstr(html, "https://"));
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<link"));
    assert_null(strstr(html, "url("));
    assert_int_equal(count_of(html, "src="), count_of(html, "src=\"data:image/") + count_of(html, "src=x"));
    assert_int_equal(count_of(html, "<img "), count_of(html, "<img alt=\""));
    assert_int_equal(count_of(html, "<h1>"), 1);
    for (const unsigned char *p = (const unsigned char *)html; *p; p++)
        assert_true(*p >= ' ' || *p == '\n' || *p == '\t');
}

static void names_stay_text(void **state)
{
    (void)state;
    char *name = calloc(1, 201), *text;
    memset(name, 'n', 200);
    text = bal_format("path,label,predicted,p:%s,\"p:a\"\"b'c&d\",p:%s,p:%s\n"
                      "<script>alert(1)</script>.png,%s,\"a\"\"b'c&d\",0.1,0.7,0.1,0.1\n"
                      "b.png,%s,%s,0.1,0.1,0.1,0.7\nc.png,%s,%s,0,0,1,0\n",
                      EVIL, UTF8, name, EVIL, name, name, UTF8, UTF8);
    bal_predictions p = parse(text);
    char           *html = page_of(&p, scratch("nothing"));
    assert_sound(html);
    assert_null(strstr(html, EVIL));
    assert_non_null(
        strstr(html, "<bdi title=\"&lt;img src=x onerror=alert(1)&gt;\">&lt;img src=x onerror=alert(1)&gt;</bdi>"));
    assert_non_null(strstr(html, "<bdi>a&quot;b&#39;c&amp;d</bdi>"));
    assert_non_null(strstr(html, ">&lt;script&gt;alert(1)&lt;/script&gt;.png</bdi>"));
    assert_non_null(strstr(html, "<bdi>" UTF8_SHOWN "</bdi>"));
    assert_non_null(strstr(html, name));
    free(html);
    free(text);
    free(name);
    bal_predictions_free(&p);
}

static void figures_are_those_of_the_report(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\na,a\na,a\na,b\nb,b\nc,a\n");
    char           *html = page_of(&p, scratch("nothing"));
    assert_sound(html);
    assert_non_null(strstr(html, "<bdi>a</bdi></th><td>0.67<small>[0.21,&#8239;0.94]</small></td><td>0.67<small>["));
    assert_non_null(strstr(html, "<bdi>c</bdi></th><td>n/a</td><td>0.00<small>[0.00,&#8239;0.79]</small></td>"
                                 "<td>0.00</td><td>1</td><td>0</td></tr>"));
    assert_non_null(strstr(html, "<th scope=\"row\">accuracy</th><td>0.60<small>["));
    assert_null(strstr(html, "AUROC</th>"));
    assert_null(strstr(html, "<h2>Probabilities"));
    assert_non_null(strstr(html, "<td class=\"hit\" style=\"--rate:0.667\">2<small>67&#8239;%</small></td>"
                                 "<td style=\"--rate:0.333\">1<small>33&#8239;%</small></td>"));
    assert_non_null(strstr(html, "Never predicted"));
    assert_true(strstr(html, "class=\"answer\"") < strstr(html, "<table"));
    free(html);
    bal_predictions_free(&p);
}

static void mistakes_come_surest_first(void **state)
{
    (void)state;
    bal_predictions p =
        parse("path,label,predicted,fold,p:a,p:b\n1,a,b,<u>,0.4,0.6\n2,a,b,,0.1,0.9\n3,a,a,,1,0\n4,b,a,,0.8,0.2\n");
    char *html = page_of(&p, scratch("nothing")), *at = strstr(html, "Most confident mistakes");
    assert_sound(html);
    assert_non_null(at);
    char *first = strstr(at, "<bdi>2</bdi>"), *second = strstr(at, "<bdi>4</bdi>"), *third = strstr(at, "<bdi>1</bdi>");
    assert_true(first && second && third && first < second && second < third);
    assert_null(strstr(at, "<bdi>3</bdi>"));
    assert_null(strstr(at, "Grad-CAM"));
    assert_non_null(strstr(at, "<bdi>1</bdi>, fold <bdi>&lt;u&gt;</bdi></small>"));
    assert_non_null(strstr(html, "<strong>taken for <bdi>b</bdi> 0.90</strong></div><div>is <bdi>a</bdi> 0.10</div>"));
    assert_non_null(strstr(html, "AUROC</th>"));
    free(html);
    bal_predictions_free(&p);
}

/* Each beside its words; a right answer only with a picture. */
static void examples_have_their_pictures(void **state)
{
    (void)state;
    bal_predictions p = parse(
        "path,label,predicted,\"p:a\"\"<i>\",p:b\n1,\"a\"\"<i>\",b,0.4,0.6\n2,\"a\"\"<i>\",b,0.1,0.9\n3,b,b,0,1\n");
    scratch_text("wrong/examples/wrong-01.png", "first");
    scratch_text("wrong/examples/wrong-01-heat.png", "heat");
    scratch_text("wrong/examples/wrong-02.png", "second");
    scratch_text("wrong/examples/right-01.png", "right");
    char *html = page_of(&p, scratch("wrong"));
    assert_sound(html);
    assert_int_equal(count_of(html, "image/png;base64,"), 4);
    assert_int_equal(count_of(html, "Grad-CAM"), 1);
    assert_non_null(strstr(html, "linear-gradient(90deg,#440154,#3b528b,#21918c,#5ec962,#fde725)"));
    char *first =
        strstr(html, "<img alt=\"Image 2 of class a&quot;&lt;i&gt;.\" src=\"data:image/png;base64,Zmlyc3Q=\">"
                     "<img alt=\"Heat map over it: what spoke for b.\" src=\"data:image/png;base64,aGVhdA==\">");
    char *second =
        strstr(html, "<img alt=\"Image 1 of class a&quot;&lt;i&gt;.\" src=\"data:image/png;base64,c2Vjb25k\">");
    char *right = strstr(html, "<img alt=\"Image 3 of class b.\" src=\"data:image/png;base64,cmlnaHQ=\">");
    assert_true(first && second && right && first < second && second < right);
    assert_true(strstr(html, "<bdi>2</bdi>") < second);
    free(html);
    bal_predictions_free(&p);
}

static void a_folder_is_shown(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\na,a\nb,a\n");
    scratch_text("it's/run.json", "{\"name\": \"</dd><b>\", \"seed\": 7, \"device\": \"CPU & more\"}");
    scratch_text("it's/config.ini", "[run]\nname = <i>\n[data]\nsource = folder\npath = /a & b\n[generator]\n");
    scratch_text("it's/split.csv", "path,label,part\n1,a,train\n2,a,test\n3,</td>,train\n4,a,\n");
    scratch_text("it's/classifier/log.csv",
                 "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,validation_balanced_accuracy\n"
                 "1,0.7,0.5,0.8,0.4,0.5\n2,0.3,0.9,0.6,0.7,0.75\n");
    scratch_text("it's/gan/<u>/progression.png", "\x01\x02\x03\x04");
    scratch_text("it's/gan/<u>/samples/step_1.png", "old");
    scratch_text("it's/gan/<u>/samples/step_2.png", "newer");
    char *html = page_of(&p, scratch("it's"));
    assert_sound(html);
    assert_non_null(strstr(html, "<dt>name</dt><dd><bdi>&lt;/dd&gt;&lt;b&gt;</bdi></dd>"));
    assert_non_null(strstr(html, "<dt>seed</dt><dd>7</dd>"));
    assert_non_null(
        strstr(html, "<dt>data</dt><dd><bdi>folder</bdi></dd>\n<dt>from</dt><dd><bdi>/a &amp; b</bdi></dd>"));
    assert_non_null(strstr(html, "\nballast report .\n"));
    assert_non_null(strstr(html, "name = &lt;i&gt;"));
    assert_non_null(strstr(html, "<bdi>a</bdi></th><td>1</td><td>0</td><td>1</td><td>1</td><td>3</td>"));
    assert_non_null(strstr(html, "<bdi>&lt;/td&gt;</bdi></th><td>1</td><td>0</td><td>0</td><td>0</td><td>1</td>"));
    assert_non_null(strstr(html, "train loss 0.70 to 0.30, validation loss 0.80 to 0.60"));
    assert_non_null(strstr(html, "kept: epoch 2, balanced accuracy on validation 0.75.\" src=\"data:image/svg+xml;"));
    assert_non_null(strstr(html, "alt=\"Bars: images of each class and part. a: 1 train, 0 validation, 1 test"));
    assert_non_null(strstr(html, "data:image/png;base64,AQIDBA==\""));
    assert_non_null(strstr(html, "data:image/png;base64,bmV3ZXI=\""));
    assert_non_null(strstr(html, "\nballast train config.ini\n"));
    char *again = page_of(&p, scratch("it's"));
    assert_string_equal(html, again);
    free(html);
    free(again);
    bal_predictions_free(&p);
}

static void faults_of_files_are_named(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\na,a\nb,a\n");
    scratch_text("bad/split.csv", "path,part\n1,train\n");
    scratch_text("bad/run.json", "{");
    char *html = page_of(&p, scratch("bad"));
    assert_sound(html);
    assert_non_null(strstr(html, "<p>Not shown: "));
    assert_non_null(strstr(html, "split.csv:1"));
    assert_non_null(strstr(html, "<p>Not shown: run.json is not JSON.</p>"));
    free(html);
    bal_predictions_free(&p);
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\na,a\nb,a\n");
    scratch_text("bytes/config.ini", "a\xFF"
                                     "b\x01"
                                     "c");
    char *html = page_of(&p, scratch("bytes"));
    assert_non_null(strstr(html, "a\xEF\xBF\xBD"
                                 "b\xEF\xBF\xBD"
                                 "c"));
    free(html);
    bal_predictions_free(&p);
}

static void read_file(char **text, const char *name)
{
    size_t size;
    assert_int_equal(bal_file_read(text, &size, scratch(name), 0), BAL_OK);
}

static void a_report_is_saved_with_its_page_and_plots(void **state)
{
    (void)state;
    bal_predictions p =
        parse("label,predicted,p:<a>,p:b\n<a>,<a>,0.9,0.1\n<a>,<a>,0.6,0.4\nb,<a>,0.7,0.3\nb,b,0.2,0.8\n");
    static const char *const plots[] = {"saved/reliability.svg", "saved/confusion.svg", "saved/counts.svg"};
    assert_int_equal(bal_report_write(scratch("saved"), &p, NULL), BAL_OK);
    char *html, *svg;
    read_file(&html, "saved/report.html");
    read_file(&svg, "saved/roc.svg");
    assert_sound(html);
    assert_non_null(strstr(html, "<h2>Probabilities</h2>"));
    assert_non_null(strstr(html, "alt=\"ROC curves: recall over the false positive rate. AUROC: &lt;a&gt; 0.75 (95 %"));
    assert_null(strstr(svg, "<a>"));
    assert_non_null(strstr(svg, " &lt;a&gt;</text>"));
    /* (fpr, recall) from (0, 0): 0 1/2, 1/2 1/2, 1/2 1, 1 1, 328 pixels a side */
    assert_non_null(strstr(svg, "d=\"M58.00 364.00L58.00 200.00L222.00 200.00L222.00 36.00L386.00 36.00\""));
    assert_non_null(strstr(svg, "class=\"band f0"));
    free(svg);
    /* precision 1 to a recall of 1/2, then 2/3 */
    read_file(&svg, "saved/precision_recall.svg");
    assert_non_null(strstr(svg, "d=\"M58.00 36.00V36.00H222.00V200.00H222.00V145.33H386.00V200.00H386.00\""));
    free(svg);
    assert_non_null(strstr(html, "alt=\"Reliability: the part that is right over the mean probability of the answer. "
                                 "1.00 right at 0.60 (1 image), 0.00 right at 0.70"));
    for (size_t i = 0; i < sizeof plots / sizeof *plots; i++) assert_true(bal_file_exists(scratch(plots[i])));
    assert_non_null(strstr(html, "data:image/svg+xml;base64,"));
    free(html);
    bal_predictions_free(&p);
}

/* Plots of an earlier report that had probabilities do not stay beside one that has none. */
static void plots_that_are_not_drawn_are_removed(void **state)
{
    (void)state;
    bal_predictions with = parse("label,predicted,p:a,p:b\na,a,0.9,0.1\nb,a,0.7,0.3\nb,b,0.2,0.8\n");
    bal_predictions without = parse("label,predicted\na,a\nb,a\n");
    assert_int_equal(bal_report_write(scratch("twice"), &with, NULL), BAL_OK);
    assert_true(bal_file_exists(scratch("twice/roc.svg")));
    assert_int_equal(bal_report_write(scratch("twice"), &without, NULL), BAL_OK);
    assert_false(bal_file_exists(scratch("twice/roc.svg")));
    assert_false(bal_file_exists(scratch("twice/precision_recall.svg")));
    assert_false(bal_file_exists(scratch("twice/reliability.svg")));
    assert_true(bal_file_exists(scratch("twice/confusion.svg")));
    bal_predictions_free(&with);
    bal_predictions_free(&without);
}

/* ---- comparisons ------------------------------------------------------------------------------------------------- */

static void add(bal_comparison *c, const char *arm, int seed, const char *rows)
{
    char           *name = bal_format("%s", arm), *text = bal_format("label,predicted\n%s", rows);
    bal_predictions p = parse(text);
    bal_history     none = {0};
    bal_part_result like = {.arm = name, .fold = -1, .seed = seed};
    assert_int_equal(bal_comparison_add(c, &like, &p, &none), BAL_OK);
    bal_predictions_free(&p);
    free(text);
    free(name);
}

static void an_experiment_has_arms_and_a_forest(void **state)
{
    (void)state;
    static const char *const classes[] = {"a", "b"};
    bal_comparison           c;
    char                    *html, *again, *svg;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0.25), BAL_OK);
    add(&c, "original", 1, "a,a\nb,b\nb,a\nb,a\n");
    add(&c, "original", 2, "a,a\nb,b\nb,b\nb,a\n");
    add(&c, EVIL, 1, "a,a\nb,b\nb,b\nb,b\n");
    add(&c, EVIL, 2, "a,a\nb,b\nb,b\nb,a\n");
    assert_int_equal(bal_html_comparison(&html, &c, scratch("nothing")), BAL_OK);
    assert_int_equal(bal_html_comparison(&again, &c, scratch("nothing")), BAL_OK);
    assert_int_equal(bal_html_forest(&svg, &c), BAL_OK);
    assert_sound(html);
    assert_string_equal(html, again);
    assert_null(strstr(html, EVIL));
    assert_null(strstr(svg, EVIL));
    assert_non_null(strstr(html, "<th scope=\"row\"><bdi>original</bdi></th><td>2</td><td>0.750<small>["));
    assert_non_null(strstr(html, "<td class=\"hit\" style=\"--rate:0.833\">5"));
    assert_non_null(strstr(svg, "&lt;img src=x onerror=alert(1)&gt;"));
    assert_non_null(strstr(svg, "0.750 ["));
    assert_int_equal(count_of(svg, "class=\"title\""), 2);
    assert_int_equal(count_of(svg, "class=\"mark"), 3);
    free(html);
    free(again);
    free(svg);
    bal_comparison_free(&c);
}

/* What an arm adds, and a gate's decision: names and settings stay text, what stands in backticks is code. */
static void an_experiment_says_what_was_added(void **state)
{
    (void)state;
    static const char *const classes[] = {"a", "b"};
    bal_comparison           c;
    char                    *html, *svg;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0.25), BAL_OK);
    add(&c, "original", 1, "a,a\nb,b\nb,a\nb,a\nb,a\n");
    add(&c, EVIL, 1, "a,a\nb,b\nb,b\nb,b\nb,a\n");
    c.positive = 1;
    c.part[1].gate = malloc(sizeof *c.part[1].gate);
    assert_non_null(c.part[1].gate);
    c.part[1].gates = 1;
    c.part[1].gate[0] = (bal_class_gate){1, 0, 0.5, 0.01, {-0.05, 0.07}, 40, 1, 2, 3, 4};
    assert_int_equal(bal_comparison_builds_on(&c, EVIL, "original", "with `a = <b>`, without `c"), BAL_OK);
    assert_int_equal(bal_html_save_comparison(&c, scratch("added")), BAL_OK);
    read_file(&html, "added/report.html");
    read_file(&svg, "added/added.svg");
    assert_sound(html);
    assert_null(strstr(html, EVIL));
    assert_null(strstr(svg, EVIL));
    assert_non_null(strstr(html, "<td>0.250</td><td>0.500</td><td class=\"said\"><bdi>original</bdi> with <code>a = "
                                 "&lt;b&gt;</code>, without <code>c</code></td></tr>"));
    assert_non_null(strstr(html, "<bdi>recall of b</bdi></th>"));
    assert_non_null(strstr(html, "<th scope=\"row\">seed 1</th><td "
                                 "class=\"said\"><bdi>b</bdi></td><td>0</td><td>0.5</td><td>0.010<small>[-0.050,&#8239;"
                                 "0.070]</small></td><td>40</td><td>1</td><td>2</td><td>3</td><td>4</td><td class="
                                 "\"said\">0 = synthetic images did not help here</td></tr>"));
    assert_int_equal(count_of(svg, "class=\"title\""), 2);
    assert_int_equal(count_of(svg, "class=\"mark"), 2);
    free(html);
    free(svg);
    bal_comparison_free(&c);
}

static void add_seen(bal_comparison *c, int seed, const char *rows)
{
    char           *text = bal_format("path,label,predicted,seed,p:a,p:b\n%s", rows);
    bal_predictions p = parse(text);
    bal_history     none = {0};
    char            arm[] = "original";
    bal_part_result like = {.arm = arm, .fold = 1, .seed = seed};
    assert_int_equal(bal_comparison_add(c, &like, &p, &none), BAL_OK);
    bal_predictions_free(&p);
    free(text);
}

/* The surest of all parts, each with its own part's picture; x.png once, by the seed that was surer. */
static void an_arm_shows_its_surest_mistakes(void **state)
{
    (void)state;
    static const char *const classes[] = {"a", "b"};
    bal_comparison           c;
    char                    *html;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0.25), BAL_OK);
    add_seen(&c, 1, "x.png,a,b,1,0.4,0.6\ny.png,b,a,1,0.7,0.3\nz.png,b,b,1,0.2,0.8\n");
    add_seen(&c, 2, "y.png,b,b,2,0.3,0.7\nx.png,a,b,2,0.1,0.9\nz.png,b,a,2,0.6,0.4\n");
    scratch_text("seen/fold1/seed1/original/examples/wrong-01.png", "y1");
    scratch_text("seen/fold1/seed1/original/examples/wrong-02.png", "x1");
    scratch_text("seen/fold1/seed2/original/examples/wrong-01.png", "x2");
    scratch_text("seen/fold1/seed2/original/examples/wrong-02.png", "z2");
    assert_int_equal(bal_html_comparison(&html, &c, scratch("seen")), BAL_OK);
    assert_sound(html);
    char *at = strstr(html, "Most confident mistakes, arm by arm");
    assert_non_null(at);
    char *x = strstr(at, "base64,eDI="), *y = strstr(at, "base64,eTE="), *z = strstr(at, "base64,ejI=");
    assert_true(x && y && z && x < y && y < z);
    assert_int_equal(count_of(at, "<li>"), 3);
    assert_non_null(strstr(at, "<bdi>x.png</bdi>, seed <bdi>2</bdi></small>"));
    assert_non_null(strstr(at, "taken for <bdi>b</bdi> 0.90"));
    free(html);
    bal_comparison_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stay_text),
        cmocka_unit_test(figures_are_those_of_the_report),
        cmocka_unit_test(mistakes_come_surest_first),
        cmocka_unit_test(examples_have_their_pictures),
        cmocka_unit_test(a_folder_is_shown),
        cmocka_unit_test(faults_of_files_are_named),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(a_report_is_saved_with_its_page_and_plots),
        cmocka_unit_test(plots_that_are_not_drawn_are_removed),
        cmocka_unit_test(an_experiment_has_arms_and_a_forest),
        cmocka_unit_test(an_experiment_says_what_was_added),
        cmocka_unit_test(an_arm_shows_its_surest_mistakes),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
