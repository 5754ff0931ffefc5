// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz-host: VMMs, an administrator and hardware do what they like, at the same
 * time; the host has to stay as well as it was. See README.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "health.h"
#include "host.h"
#include "tap.h"

#define SECONDS_DEFAULT 60

/* The longest that operations and the end of all processes take beside that. */
#define PATIENCE_S 300

[[noreturn]] static void refuse(const char *what)
{
	fprintf(stderr,
		"fuzz-host: %s\n"
		"usage: fuzz-host [--seed N] [--first N] [--steps N] [--seconds N] [--actors NAME,...] [--lost 1] [--broken-links 1]\n"
		"actors: vmm, admin, hardware\n", what);
	exit(2);
}

static unsigned int parse_actors(char *names)
{
	unsigned int actors = 0, actor;
	char *save, *name;

	for (name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		for (actor = 0; actor < ACTORS && strcmp(name, actor_name(actor)); actor++)
			;
		if (actor == ACTORS)
			refuse("there is no such actor");
		actors |= 1 << actor;
	}
	return actors;
}

static u64 parse_number(const char *text)
{
	char *end;
	u64 number = strtoull(text, &end, 0);

	if (end == text || *end)
		refuse("that is not a number");
	return number;
}

static void parse(int argc, char **argv)
{
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			fuzz->seed = parse_number(argv[i + 1]);
		else if (!strcmp(argv[i], "--first"))
			fuzz->first = parse_number(argv[i + 1]);
		else if (!strcmp(argv[i], "--steps"))
			fuzz->steps = parse_number(argv[i + 1]);
		else if (!strcmp(argv[i], "--seconds"))
			fuzz->seconds = parse_number(argv[i + 1]);
		else if (!strcmp(argv[i], "--actors"))
			fuzz->actors = parse_actors(argv[i + 1]);
		else if (!strcmp(argv[i], "--lost"))
			fuzz->lost = parse_number(argv[i + 1]);
		else if (!strcmp(argv[i], "--broken-links"))
			fuzz->broken_links = parse_number(argv[i + 1]);
		else
			refuse("there is no such option");
	}
	if (i < argc)
		refuse("an option lacks its value");
}

static void all_at_once(void)
{
	unsigned long done[ACTORS] = { 0 }, vmms = 0;
	unsigned int i;

	/* whether going to D3hot and back is a reset is a matter of the seed */
	for (i = 0; i < fuzz->gpus; i++)
		health_restore(&fuzz->targets[i].gpu, (fuzz->seed + i) % 2);
	plan_init();
	watch_run();
	for (i = 0; i < LANES; i++)
		done[fuzz->lanes[i].actor] += fuzz->lanes[i].done;
	for (i = 0; i < fuzz->gpus; i++)
		vmms += fuzz->targets[i].vmms;
	for (i = 0; i < ACTORS; i++) {
		if (!(fuzz->actors & 1 << i))
			continue;
		tap_note("%s: %lu steps", actor_name(i), done[i]);
		CHECK(done[i], "%s did nothing", actor_name(i));
	}
	tap_note("%lu VMMs", vmms);
}

static void works(void)
{
	unsigned int i;

	for (i = 0; i < fuzz->gpus; i++) {
		health_restore(&fuzz->targets[i].gpu, false);
		health_check_device(&fuzz->targets[i].gpu);
	}
}

static void nothing_left(void)
{
	health_check_leaks(fuzz->targets, fuzz->gpus);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		{ "nobody hangs, and memory has what was written", all_at_once, 24 * 3600 },
		{ "the devices work afterwards", works, PATIENCE_S },
		{ "nothing is left behind", nothing_left, PATIENCE_S },
	};
	const struct tap_suite suite = { .tests = tests, .count = TAP_COUNT(tests) };
	unsigned int i;
	int status;

	fuzz = mmap(NULL, sizeof(*fuzz), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	CHECK(fuzz != MAP_FAILED, "no memory");
	fuzz->seed = 1;
	fuzz->steps = ~0ULL;
	fuzz->seconds = SECONDS_DEFAULT;
	fuzz->actors = (1 << ACTORS) - 1;
	parse(argc, argv);
	tap_note("seed %llu, steps from %llu", fuzz->seed, fuzz->first);
	fuzz->gpus = gpu_count() < FUZZ_GPUS ? gpu_count() : FUZZ_GPUS;
	for (i = 0; i < fuzz->gpus; i++)
		fuzz->targets[i].gpu = gpu_get(i + 1);
	/* warnings are for the console's judge; what else is said only takes time */
	CHECK_RET(host_write("/proc/sys/kernel/printk", "5"), 0);
	status = tap_run(&suite);
	host_quiet(false);
	return status;
}
