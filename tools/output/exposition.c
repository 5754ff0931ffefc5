// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics as text.  node_exporter reads Prometheus's older format, which differs from
 * OpenMetrics in some things; what is written here means the same in both.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "output/exposition.h"

void exposition_begin(struct exposition *exposition)
{
	*exposition = (struct exposition){};
	exposition->stream = open_memstream(&exposition->text, &exposition->length);
	if (exposition->stream)
		return;
	fputs("nvgrace-gpu: out of memory\n", stderr);
	exit(EX_OSERR);
}

static bool is_counter(const struct metric *metric)
{
	const char *suffix = strrchr(metric->name, '_');

	return suffix && !strcmp(suffix, "_total");
}

/*
 * A counter has no type: OpenMetrics wants that of the name without _total, the older format
 * that of the whole name.  Neither has the other's types info and stateset: they are gauges.
 */
static void add_head(FILE *stream, const struct metric *metric)
{
	if (!is_counter(metric))
		fprintf(stream, "# TYPE %s gauge\n", metric->name);
	if (metric->unit)
		fprintf(stream, "# UNIT %s %s\n", metric->name, metric->unit);
	fprintf(stream, "# HELP %s %s\n", metric->name, metric->help);
}

static void add_label(FILE *stream, char before, const char *name, const char *value)
{
	fprintf(stream, "%c%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', stream);
		/* Text from the host is clean, so it has no newline. */
		fputc(*value, stream);
	}
	fputc('"', stream);
}

void exposition_add(struct exposition *exposition, const struct metric *metric, __u64 value, ...)
{
	FILE *stream = exposition->stream;
	const char *name;
	char before = '{';
	va_list labels;

	if (exposition->metric != metric)
		add_head(stream, metric);
	exposition->metric = metric;
	fputs(metric->name, stream);
	va_start(labels, value);
	while ((name = va_arg(labels, const char *))) {
		add_label(stream, before, name, va_arg(labels, const char *));
		before = ',';
	}
	va_end(labels);
	if (before == ',')
		fputc('}', stream);
	if (metric->thousandths)
		fprintf(stream, " %llu.%03llu\n", value / 1000, value % 1000);
	else
		fprintf(stream, " %llu\n", value);
}

int exposition_end(struct exposition *exposition, const char *path)
{
	int ret = 0;

	fputs("# EOF\n", exposition->stream);
	if (fclose(exposition->stream))
		ret = -ENOMEM;
	else if (path)
		ret = file_replace(path, exposition->text, exposition->length);
	else
		fwrite(exposition->text, 1, exposition->length, stdout);
	free(exposition->text);
	return ret;
}
