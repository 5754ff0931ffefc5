// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor: what the checks found, for people and as JSON.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "checks/diagnosis.h"
#include "output/report.h"
#include "output/terminal.h"

static const char * const verdicts[] = {
	[VERDICT_OK]		= "ok",
	[VERDICT_UNKNOWN]	= "unknown",
	[VERDICT_WARNING]	= "warning",
	[VERDICT_PROBLEM]	= "problem",
};

static const enum terminal_colour colours[] = {
	[VERDICT_OK]		= TERMINAL_GREEN,
	[VERDICT_UNKNOWN]	= TERMINAL_BLUE,
	[VERDICT_WARNING]	= TERMINAL_YELLOW,
	[VERDICT_PROBLEM]	= TERMINAL_RED,
};

/* Where text is, behind a verdict. */
#define TEXT_COLUMN 11

const char *report_verdict(int verdict)
{
	return verdicts[verdict];
}

static size_t count_verdicts(const struct diagnosis *diagnosis, enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < diagnosis->count; i++)
		count += diagnosis->findings[i].verdict == verdict;
	return count;
}

static void print_fix(const char *fix)
{
	while (*fix) {
		size_t length = strcspn(fix, "\n");

		printf("               %.*s\n", (int)length, fix);
		fix += length + (fix[length] == '\n');
	}
}

/* Commands have to stay in their line, words need not. */
[[gnu::format(printf, 1, 2)]]
static void print_words(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = text_copy("");
	va_end(arguments);
	terminal_print_text(TEXT_COLUMN, text);
	free(text);
}

static void print_text(const struct diagnosis *diagnosis)
{
	const struct finding *first = NULL;

	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = &diagnosis->findings[i];

		terminal_print_word(verdicts[finding->verdict], TEXT_COLUMN,
				    colours[finding->verdict]);
		print_words("%s: %s", finding->check->title, finding->seen);
		if (finding->why) {
			printf("%*s", TEXT_COLUMN, "");
			print_words("Why it matters: %s.", finding->why);
		}
		if (finding->fix) {
			puts("           What to do:");
			print_fix(finding->fix);
		}
		if (finding->verdict > VERDICT_UNKNOWN &&
		    (!first || finding->verdict > first->verdict))
			first = finding;
	}
	printf("\nProblems: %zu. Warnings: %zu. Unknown: %zu.\n",
	       count_verdicts(diagnosis, VERDICT_PROBLEM),
	       count_verdicts(diagnosis, VERDICT_WARNING),
	       count_verdicts(diagnosis, VERDICT_UNKNOWN));
	if (!first)
		return;
	printf("Begin with: %s: %s\n", first->check->title, first->seen);
	if (first->fix)
		print_fix(first->fix);
}

static struct json_object *lines_json(const char *text)
{
	struct json_object *lines = json_object_new_array();

	while (text && *text) {
		size_t length = strcspn(text, "\n");

		json_object_array_add(lines, json_object_new_string_len(text, length));
		text += length + (text[length] == '\n');
	}
	return lines;
}

static void report_code(struct json_object *object, const struct finding *finding)
{
	const char *other = finding->verdict == VERDICT_OK ? "ok" : "other";
	char *code = text_format("%s-%s", finding->check->id, finding->code ?: other);

	report_string(object, "code", code);
	free(code);
}

static void print_json(const struct diagnosis *diagnosis, enum verdict worst)
{
	struct json_object *top = report_begin();
	struct json_object *findings = json_object_new_array();

	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = &diagnosis->findings[i];
		struct json_object *object = json_object_new_object();

		report_string(object, "check", finding->check->id);
		report_code(object, finding);
		report_string_or_null(object, "bdf", finding->bdf);
		report_string(object, "title", finding->check->title);
		report_string(object, "result", verdicts[finding->verdict]);
		report_string(object, "seen", finding->seen);
		report_string(object, "why", finding->why ? finding->why : "");
		json_object_object_add(object, "fix", lines_json(finding->fix));
		json_object_array_add(findings, object);
	}
	report_string(top, "result", verdicts[worst]);
	json_object_object_add(top, "findings", findings);
	report_json(top);
}

int doctor(const struct gpus *gpus, const char *check, bool json)
{
	struct diagnosis diagnosis = { .only_gpus = gpus, .only_check = check };
	enum verdict worst = VERDICT_OK;

	diagnosis_make(&diagnosis);
	for (size_t i = 0; i < diagnosis.count; i++) {
		if (diagnosis.findings[i].verdict > worst)
			worst = diagnosis.findings[i].verdict;
	}
	if (json)
		print_json(&diagnosis, worst);
	else
		print_text(&diagnosis);
	diagnosis_free(&diagnosis);
	return worst == VERDICT_PROBLEM ? 2 : worst == VERDICT_WARNING;
}
