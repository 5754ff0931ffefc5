/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics as text that is both OpenMetrics and what node_exporter reads.
 */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

/**
 * struct metric - what all samples of a metric share
 * @name: its name; that of a counter ends with _total
 * @unit: what its name ends with, if that is a unit; else NULL
 * @help: a sentence
 * @thousandths: samples are in thousandths of the unit
 */
struct metric {
	const char *name;
	const char *unit;
	const char *help;
	bool thousandths;
};

/**
 * struct exposition - text that is being made
 * @stream: adds to @text
 * @text: what there is so far
 * @length: of it
 * @metric: that of the last sample
 */
struct exposition {
	FILE *stream;
	char *text;
	size_t length;
	const struct metric *metric;
};

void exposition_begin(struct exposition *exposition);

/*
 * Adds a sample with labels: name, value, ..., NULL.  Those of a metric come one behind the
 * other, and a metric without any is left out.
 */
[[gnu::sentinel]]
void exposition_add(struct exposition *exposition, const struct metric *metric, __u64 value, ...);

/**
 * exposition_end() - writes the text and lets go of it
 * @exposition: the text
 * @path: the file that it becomes; NULL for the standard output
 *
 * Who reads the file sees the old text or the new one, whatever happens meanwhile.
 *
 * Return: 0, or a negative errno number: -EEXIST for what is there and is no file.
 */
int exposition_end(struct exposition *exposition, const char *path);

#endif /* EXPOSITION_H */
