/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list, status, doctor and metrics: what there is to know of GPUs, for people and programs.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

#include "host/gpu.h"

struct json_object;

/* The version of what is printed as JSON, which nvgrace-gpu.schema.json describes. */
#define REPORT_SCHEMA 1

void report_string(struct json_object *object, const char *key, const char *value);

/* The same, null where there is none. */
void report_string_or_null(struct json_object *object, const char *key, const char *value);

/* An object with nothing but its version. */
struct json_object *report_begin(void);

/* Prints it, and lets go of it. */
void report_json(struct json_object *object);

/* A line for each GPU. */
void report_list(const struct gpus *gpus, bool json);

/* Everything of each GPU, and, if they are all there are, which are missing. */
void report_status(const struct gpus *gpus, bool all, bool json);

/* Exit status of doctor where it cannot look; others have 1 for that. */
#define DOCTOR_TROUBLE 3

/*
 * Runs all checks, or one, on all GPUs, or some, and prints what they found; 0, 1 for warnings,
 * 2 for problems.
 */
int doctor(const struct gpus *gpus, const char *check, bool json);

/* What doctor calls a verdict, an enum verdict. */
const char *report_verdict(int verdict);

/* What an operator watches, to a file, or, without a path, to the standard output; exit status. */
int report_metrics(const struct gpus *gpus, const char *path);

#endif /* REPORT_H */
