/* main -- finds the verb, parses its arguments, runs it, says what went wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ballast/version.h"
#include "cli/_topics.h"
#include "cli/args.h"
#include "cli/help.h"
#include "cli/progress.h"

volatile sig_atomic_t bal_stop_requested;

static bool stop(void) { return bal_stop_requested != 0; }

const bal_watch bal_cli_watch = {bal_progress_begin, bal_progress_update, bal_progress_end, stop};

/* Only what is safe in a handler. */
static void on_signal(int number)
{
    static const char text[] = "\nballast: stopping at the next step; once more to stop at once\n";

    if (bal_stop_requested) _exit(128 + number);
    bal_stop_requested = 1;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) return; /* nobody left to tell */
}

static void listen(void)
{
    struct sigaction action = {0};

    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void say_error_json(bal_status st)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "event", "error");
    cJSON_AddStringToObject(o, "status", bal_status_text(st));
    cJSON_AddStringToObject(o, "message", bal_error());
    bal_say_json(o);
}

/* A configuration fault begins with its file and line, so that editors find it. */
int bal_done(bal_status st)
{
    if (st == BAL_OK) return BAL_EXIT_DONE;
    bal_progress_end();
    fflush(stdout);
    if (st == BAL_ECONFIG) bal_print(stderr, "%s\n", bal_error());
    else if (st == BAL_EIO) bal_print(stderr, "ballast: %s\n", bal_error()); /* it names the file and the reason */
    else bal_print(stderr, "ballast: %s: %s\n", bal_status_text(st), bal_error());
    if (bal_speaks_json()) say_error_json(st);
    return BAL_EXIT_FAILED;
}

static int usage_hint(const bal_verb *verb)
{
    if (verb == bal_verb_find("help")) fprintf(stderr, "ballast help lists the verbs\n");
    else fprintf(stderr, "ballast help %s explains it\n", verb->name);
    return BAL_EXIT_USAGE;
}

int bal_usage_fault(const bal_args *args, const char *fmt, ...)
{
    char    text[1024];
    va_list list;

    va_start(list, fmt);
    vsnprintf(text, sizeof text, fmt, list);
    va_end(list);
    bal_print(stderr, "ballast %s: %s\n", args->verb->name, text);
    return usage_hint(args->verb);
}

static int run(const bal_verb *verb, int argc, char **argv)
{
    bal_args args;
    int      code = BAL_EXIT_DONE;

    bal_status st = bal_args_parse(&args, verb, argc, argv);
    bal_speak(args.quiet, args.json);
    if (st == BAL_ECONFIG) {
        fprintf(stderr, "%s\n", bal_error());
        code = usage_hint(verb);
    } else if (st) code = bal_done(st);
    else if (args.help) bal_help_verb(verb);
    else code = verb->run(&args);
    bal_args_free(&args);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    fprintf(stderr, "ballast: cannot write to standard output\n");
    return BAL_EXIT_FAILED;
}

static int say_version(void)
{
    printf("ballast %s (%s)\nbuilt with %s\n", bal_version(), bal_commit(), bal_libraries());
    return BAL_EXIT_DONE;
}

static int fail_unknown(const char *name)
{
    const char *near = bal_help_nearest_verb(name);

    if (*name == '-') fprintf(stderr, "ballast: \"%s\" must stand behind a verb\n", name);
    else if (near) fprintf(stderr, "ballast: no verb \"%s\"; did you mean \"%s\"?\n", name, near);
    else fprintf(stderr, "ballast: no verb \"%s\"\n", name);
    fprintf(stderr, "ballast help lists the verbs\n");
    return BAL_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    listen();
    if (argc < 2) {
        bal_help_overview(stderr);
        return BAL_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) return say_version();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    const bal_verb *verb = bal_verb_find(name);
    return verb ? run(verb, argc - 2, argv + 2) : fail_unknown(name);
}
