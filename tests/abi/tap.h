/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test programs that speak TAP: each test is a named function that runs in
 * a process of its own, under a time limit, and ends at its first failed check.
 */
#ifndef ABI_TAP_H
#define ABI_TAP_H

#include <sys/types.h>

#include "types.h"

/**
 * struct tap_test - one test
 * @name: the rule it proves, in words: "D4.2 MAP_PRIVATE is refused with EINVAL"
 * @run: returns if the rule holds; a failed check does not return
 * @timeout_s: kill it after so many seconds (0: 60)
 */
struct tap_test {
	const char *name;
	void (*run)(void);
	unsigned int timeout_s;
};

/**
 * struct tap_suite - what one program runs
 * @tests: in order
 * @count: number of tests
 * @before: runs in the parent before each test (may be NULL)
 * @after: runs in the parent after each test, whatever its outcome
 * @parallel: start all tests at once (before and after then run once)
 */
struct tap_suite {
	const struct tap_test *tests;
	size_t count;
	void (*before)(void);
	void (*after)(void);
	bool parallel;
};

#define TAP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs the suite; returns the program's exit status. */
int tap_run(const struct tap_suite *suite);

/* A line of explanation in the output. */
[[gnu::format(printf, 1, 2)]]
void tap_note(const char *format, ...);

/* Where the threads of a process that hangs are in the kernel. */
void tap_show_stacks(pid_t pid);

/* Ends the test (from any of its threads) as failed. */
[[noreturn, gnu::format(printf, 3, 4)]]
void tap_fail(const char *file, int line, const char *format, ...);

void tap_check_ret(const char *file, int line, const char *what, long long got,
		   long long want);

/* The condition holds, or the test ends with the printf-style explanation. */
#define CHECK(condition, ...)						\
	do {								\
		if (!(condition))					\
			tap_fail(__FILE__, __LINE__, __VA_ARGS__);	\
	} while (0)

/* A call that gives a count or -errno gave what it should. */
#define CHECK_RET(call, want)						\
	tap_check_ret(__FILE__, __LINE__, #call, call, want)

/* Two numbers are equal; both are shown in hex if not. */
#define CHECK_EQ(got, want)						\
	do {								\
		unsigned long long got_ = (got), want_ = (want);	\
									\
		if (got_ != want_)					\
			tap_fail(__FILE__, __LINE__,			\
				 "%s is %#llx, expected %#llx", #got,	\
				 got_, want_);				\
	} while (0)

/* The result of a system call as count or -errno. */
long tap_sys(long ret);

#endif
