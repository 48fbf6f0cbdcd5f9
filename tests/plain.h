/* plain.h: as much of cmocka as the tests below `probes` use, for targets that have no cmocka: a
 * cross build runs the same tests. SPDX-License-Identifier: Apache-2.0
 *
 * One thread, one file each: everything is static. */
#ifndef WI_PLAIN_H
#define WI_PLAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state), (*teardown)(void **state);
    void *initial_state;
};
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                        \
    { #f, f, setup, teardown, NULL }
#define cmocka_unit_test(f)                                                                        \
    { #f, f, NULL, NULL, NULL }

enum { PLAIN_FAILED = 1, PLAIN_SKIPPED = 2 };
static jmp_buf plain_back;

__attribute__((format(printf, 4, 5), noreturn, unused)) static void
plain_end(int how, const char *file, int line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("%s:%d: ", file, line);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    longjmp(plain_back, how);
}
#define plain_fail(...)        plain_end(PLAIN_FAILED, __FILE__, __LINE__, __VA_ARGS__)
#define fail_msg(...)          plain_fail(__VA_ARGS__)
#define fail()                 plain_fail("failed")
#define skip()                 plain_end(PLAIN_SKIPPED, __FILE__, __LINE__, "skipped")
#define print_message(...)     printf(__VA_ARGS__)
#define plain_check(ok, ...)   ((ok) ? (void)0 : plain_fail(__VA_ARGS__))
#define assert_true(x)         plain_check((x), "not true: %s", #x)
#define assert_false(x)        plain_check(!(x), "not false: %s", #x)
#define assert_null(x)         plain_check((x) == NULL, "not NULL: %s", #x)
#define assert_non_null(x)     plain_check((x) != NULL, "NULL: %s", #x)
#define assert_ptr_equal(x, y) plain_check((x) == (y), "%s is not %s", #x, #y)
#define assert_int_equal(x, y) plain_int((intmax_t)(x), (intmax_t)(y), 1, #x, __FILE__, __LINE__)
#define assert_int_not_equal(x, y)                                                                 \
    plain_int((intmax_t)(x), (intmax_t)(y), 0, #x, __FILE__, __LINE__)
#define assert_in_range(x, lo, hi)                                                                 \
    plain_check((uintmax_t)(x) >= (uintmax_t)(lo) && (uintmax_t)(x) <= (uintmax_t)(hi),            \
                "%s is %ju", #x, (uintmax_t)(x))
#define assert_float_equal(x, y, e)                                                                \
    plain_check((x) - (y) <= (e) && (y) - (x) <= (e), "%s is %g, not %g", #x, (double)(x),         \
                (double)(y))
#define assert_string_equal(x, y)     plain_str((x), (y), 1, #x, __FILE__, __LINE__)
#define assert_string_not_equal(x, y) plain_str((x), (y), 0, #x, __FILE__, __LINE__)
#define assert_memory_equal(x, y, n)                                                               \
    plain_check(memcmp((x), (y), (n)) == 0, "%s and %s differ", #x, #y)
#define assert_memory_not_equal(x, y, n)                                                           \
    plain_check(memcmp((x), (y), (n)) != 0, "%s and %s are equal", #x, #y)

__attribute__((unused)) static void plain_int(intmax_t x, intmax_t y, int equal, const char *what,
                                              const char *file, int line) {
    if ((x == y) != equal)
        plain_end(PLAIN_FAILED, file, line, "%s is %jd, %s%jd", what, x, equal ? "not " : "", y);
}
__attribute__((unused)) static void plain_str(const char *x, const char *y, int equal,
                                              const char *what, const char *file, int line) {
    if ((strcmp(x, y) == 0) != equal)
        plain_end(PLAIN_FAILED, file, line, "%s is \"%s\", %s\"%s\"", what, x, equal ? "not " : "",
                  y);
}

/* One test; 0, PLAIN_FAILED or PLAIN_SKIPPED. */
static int plain_run(const struct CMUnitTest *t, void *shared) {
    void *state = t->initial_state != NULL ? t->initial_state : shared;
    if (t->setup != NULL && t->setup(&state) != 0)
        return PLAIN_FAILED;
    int how = setjmp(plain_back);
    if (how == 0)
        t->test(&state);
    if (t->teardown != NULL && t->teardown(&state) != 0 && how == 0)
        how = PLAIN_FAILED;
    return how;
}

static int plain_group(const struct CMUnitTest *tests, size_t n, int (*setup)(void **state),
                       int (*teardown)(void **state)) {
    int failed = 0;
    void *state = NULL;
    if (setup != NULL && setup(&state) != 0) {
        printf("FAILED to set up\n");
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        int how = plain_run(&tests[i], state);
        printf("%s %s\n",
               how == 0               ? "ok     "
               : how == PLAIN_SKIPPED ? "skipped"
                                      : "FAILED ",
               tests[i].name);
        fflush(stdout);
        failed += how == PLAIN_FAILED;
    }
    if (teardown != NULL && teardown(&state) != 0)
        failed++;
    return failed;
}
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    plain_group((tests), sizeof(tests) / sizeof((tests)[0]), (setup), (teardown))

#endif
