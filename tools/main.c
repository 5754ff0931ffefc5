// SPDX-License-Identifier: GPL-2.0-only
/*
 * nvgrace-gpu: GPUs of Grace Hopper and Grace Blackwell machines, for those who give
 * them to virtual machines.  See nvgrace-gpu(8).
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/array.h"
#include "base/standard_files.h"
#include "base/tree.h"
#include "checks/diagnosis.h"
#include "chosen_gpus.h"
#include "guests/guest.h"
#include "moves/move.h"
#include "output/report.h"
#include "output/terminal.h"

/**
 * struct arguments - the command line
 * @json: --json
 * @all: --all
 * @force: --force
 * @explain: --explain
 * @persist: --persist
 * @dry: --dry-run
 * @watch: --watch, seconds; 0 without
 * @root: --root, NULL without
 * @check: --check, NULL without
 * @to: --to, NULL without
 * @output: --output, NULL without
 * @guest: the options of a guest
 * @bdfs: what else there is, after the command
 * @count: how many
 */
struct arguments {
	bool json;
	bool all;
	bool force;
	bool explain;
	bool persist;
	bool dry;
	unsigned int watch;
	const char *root;
	const char *check;
	const char *to;
	const char *output;
	struct guest_options guest;
	char **bdfs;
	int count;
};

static const char usage[] =
	"usage: nvgrace-gpu [--root DIR] COMMAND, or --help (-h), --version (-V)\n"
	"\n"
	"  list [--json]                     a line for each GPU\n"
	"  status [BDF...] [--json|--watch[=SECONDS]]\n"
	"                                    everything about them; --watch: again and again\n"
	"  doctor [BDF...] [--check ID] [--json]\n"
	"                                    what keeps this machine from giving a GPU to a guest\n"
	"  metrics [--output FILE]           what an operator watches, as OpenMetrics text\n"
	"  bind|unbind BDF...|--all [--to DRIVER] [--force] [--persist] [--dry-run]\n"
	"                                    give GPUs to the driver for guests, or take them\n"
	"                                    away from it; --persist: at every boot, too\n"
	"  qemu BDF... [OPTION...]           a command line of QEMU with these GPUs\n"
	"  libvirt BDF... [OPTION...]        a domain of libvirt with these GPUs\n"
	"  kubevirt BDF... [OPTION...]       what KubeVirt has to be told, and an instance\n"
	"  nova BDF... [OPTION...]           nova.conf and a flavour with these GPUs\n"
	"      --memory SIZE  --cpus NUMBER  --name NAME  --hugepages\n"
	"      --disk FILE  --network user|BRIDGE  --firmware FILE\n"
	"      --iommufd auto|yes|no  --smmu auto|accel|emulated|none\n"
	"      --claim NAME  --release VERSION  of KubeVirt\n"
	"      --explain                     why it is as it is, instead\n"
	"\n"
	"BDF is the address of a GPU, such as 0009:01:00.0. See nvgrace-gpu(8).\n";

static int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "nvgrace-gpu: %s%s\n%s", what, which, usage);
	return EX_USAGE;
}

static void note_none(const struct gpus *gpus, const struct arguments *arguments)
{
	if (!gpus->count && !arguments->json)
		fputs("nvgrace-gpu: no GPU that the driver knows is on a PCI bus\n", stderr);
}

static int run_list(const struct gpus *gpus, const struct arguments *arguments)
{
	note_none(gpus, arguments);
	report_list(gpus, arguments->json);
	return 0;
}

/* Until somebody interrupts it, or nobody reads it any more. */
static void watch(const struct arguments *arguments)
{
	struct gpus gpus;

	while (!fflush(stdout) && !sleep(arguments->watch) &&
	       !chosen_gpus_read(&gpus, arguments->bdfs, arguments->count)) {
		terminal_clear();
		if (!terminal_is_there())
			putchar('\n');
		report_status(&gpus, !arguments->count, false);
		gpus_free(&gpus);
	}
}

static int run_status(const struct gpus *gpus, const struct arguments *arguments)
{
	if (arguments->watch)
		terminal_clear();
	note_none(gpus, arguments);
	report_status(gpus, !arguments->count, arguments->json);
	if (!arguments->watch)
		return 0;
	watch(arguments);
	return 1;
}

static bool check_is_known(const char *id)
{
	for (size_t i = 0; check_id(i); i++) {
		if (!strcmp(check_id(i), id))
			return true;
	}
	fputs("nvgrace-gpu: checks are:", stderr);
	for (size_t i = 0; check_id(i); i++)
		fprintf(stderr, " %s", check_id(i));
	fputc('\n', stderr);
	return false;
}

static int run_doctor(const struct gpus *gpus, const struct arguments *arguments)
{
	return doctor(arguments->count ? gpus : NULL, arguments->check, arguments->json);
}

static int run_metrics(const struct gpus *gpus, const struct arguments *arguments)
{
	return report_metrics(gpus, arguments->output);
}

static int run_bind(const struct gpus *gpus, const struct arguments *arguments)
{
	return move(&(struct move_request){
		.gpus = gpus, .to = arguments->to ? arguments->to : GPU_DRIVER, .keep = true,
		.all = arguments->all, .force = arguments->force,
		.persist = arguments->persist, .dry = arguments->dry,
	});
}

static int run_unbind(const struct gpus *gpus, const struct arguments *arguments)
{
	return move(&(struct move_request){
		.gpus = gpus, .to = arguments->to, .all = arguments->all, .force = arguments->force,
		.persist = arguments->persist, .dry = arguments->dry,
	});
}

static int run_guest(const struct gpus *gpus, const struct arguments *arguments,
		     enum guest_form form)
{
	struct guest_options options = arguments->guest;
	struct guest guest;

	options.form = form;
	if (!guest_plan(&guest, gpus, &options)) {
		fprintf(stderr, "nvgrace-gpu: %s\n", guest.refusal);
		free(guest.refusal);
		return 1;
	}
	guest_note(&guest);
	if (arguments->explain)
		guest_explain(&guest);
	else
		guest_print(&guest);
	return 0;
}

static int run_qemu(const struct gpus *gpus, const struct arguments *arguments)
{
	return run_guest(gpus, arguments, FORM_QEMU);
}

static int run_libvirt(const struct gpus *gpus, const struct arguments *arguments)
{
	return run_guest(gpus, arguments, FORM_LIBVIRT);
}

static int run_kubevirt(const struct gpus *gpus, const struct arguments *arguments)
{
	return run_guest(gpus, arguments, FORM_KUBEVIRT);
}

static int run_nova(const struct gpus *gpus, const struct arguments *arguments)
{
	return run_guest(gpus, arguments, FORM_NOVA);
}

/**
 * struct command - a command
 * @name: its name
 * @run: does it; returns the exit status
 * @json: it knows --json
 * @moves: it knows --all, --to, --force, --persist and --dry-run, and asks for --all or addresses
 * @guest: it knows the options of a guest
 * @named: it asks for addresses
 * @any: it takes addresses
 * @writes: it knows --output
 * @watches: it knows --watch
 * @checks: it knows --check, and has to do without PCI devices
 */
static const struct command {
	const char *name;
	int (*run)(const struct gpus *gpus, const struct arguments *arguments);
	bool json;
	bool moves;
	bool guest;
	bool named;
	bool any;
	bool writes;
	bool watches;
	bool checks;
} commands[] = {
	{ .name = "list", .run = run_list, .json = true },
	{ .name = "status", .run = run_status, .json = true, .any = true, .watches = true },
	{ .name = "metrics", .run = run_metrics, .writes = true },
	{ .name = "bind", .run = run_bind, .moves = true, .any = true },
	{ .name = "unbind", .run = run_unbind, .moves = true, .any = true },
	{ .name = "qemu", .run = run_qemu, .guest = true, .named = true, .any = true },
	{ .name = "libvirt", .run = run_libvirt, .guest = true, .named = true, .any = true },
	{ .name = "kubevirt", .run = run_kubevirt, .guest = true, .named = true, .any = true },
	{ .name = "nova", .run = run_nova, .guest = true, .named = true, .any = true },
	{ .name = "doctor", .run = run_doctor, .json = true, .any = true, .checks = true },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

static int run(const struct command *command, const struct arguments *arguments)
{
	int trouble = command->checks ? DOCTOR_TROUBLE : 1;
	struct gpus gpus = {};
	int ret;

	if ((arguments->json && !command->json) ||
	    (arguments->output && !command->writes) ||
	    (arguments->check && !command->checks) ||
	    (arguments->watch && !command->watches) ||
	    ((arguments->all || arguments->to || arguments->force || arguments->persist ||
	      arguments->dry) &&
	     !command->moves) ||
	    ((arguments->explain || arguments->guest.given) && !command->guest))
		return wrong_usage("not an option of ", command->name);
	if (arguments->count && (!command->any || arguments->all))
		return wrong_usage("no addresses are wanted: ", arguments->bdfs[0]);
	if (!arguments->count && (command->named || (command->moves && !arguments->all)))
		return wrong_usage("which GPUs? ", command->name);
	if (arguments->watch && arguments->json)
		return wrong_usage("not together: --watch, --json", "");
	if (arguments->to &&
	    (!arguments->to[0] || strchr(arguments->to, '/') || arguments->to[0] == '.'))
		return wrong_usage("not the name of a driver: ", arguments->to);
	/* The rule of the package knows no other. */
	if (arguments->persist && command->run == run_bind && arguments->to &&
	    strcmp(arguments->to, GPU_DRIVER))
		return wrong_usage("udev binds no GPU at boot to ", arguments->to);
	if (arguments->check && !check_is_known(arguments->check))
		return EX_USAGE;
	ret = arguments->root ? tree_use(arguments->root) : 0;
	if (ret) {
		fprintf(stderr, "nvgrace-gpu: '%s' cannot be opened: %s\n", arguments->root,
			strerror(-ret));
		return trouble;
	}
	if ((arguments->count || !command->checks) &&
	    chosen_gpus_read(&gpus, arguments->bdfs, arguments->count))
		return trouble;
	ret = command->run(&gpus, arguments);
	gpus_free(&gpus);
	if (!fflush(stdout) && !ferror(stdout))
		return ret;
	perror("nvgrace-gpu: stdout");
	return trouble;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "force", no_argument, NULL, 'f' },
		{ "persist", no_argument, NULL, 'p' },
		{ "dry-run", no_argument, NULL, 'd' },
		{ "to", required_argument, NULL, 't' },
		{ "output", required_argument, NULL, 'o' },
		{ "explain", no_argument, NULL, 'e' },
		{ "memory", required_argument, NULL, 'g' },
		{ "cpus", required_argument, NULL, 'g' },
		{ "name", required_argument, NULL, 'g' },
		{ "disk", required_argument, NULL, 'g' },
		{ "network", required_argument, NULL, 'g' },
		{ "firmware", required_argument, NULL, 'g' },
		{ "iommufd", required_argument, NULL, 'g' },
		{ "smmu", required_argument, NULL, 'g' },
		{ "hugepages", no_argument, NULL, 'g' },
		{ "watch", optional_argument, NULL, 'w' },
		{ "check", required_argument, NULL, 'c' },
		{ "claim", required_argument, NULL, 'g' },
		{ "release", required_argument, NULL, 'g' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	struct arguments arguments = { .guest = guest_options_default };
	const struct command *command;
	int option, index;
	const char *wrong;
	__u64 seconds;

	standard_files_open();
	while ((option = getopt_long(argc, argv, "hV", options, &index)) != -1) {
		switch (option) {
		case 'j':
			arguments.json = true;
			break;
		case 'a':
			arguments.all = true;
			break;
		case 'f':
			arguments.force = true;
			break;
		case 'p':
			arguments.persist = true;
			break;
		case 'd':
			arguments.dry = true;
			break;
		case 't':
			arguments.to = optarg;
			break;
		case 'o':
			arguments.output = optarg;
			break;
		case 'e':
			arguments.explain = true;
			break;
		case 'g':
			wrong = guest_option(&arguments.guest, options[index].name, optarg);
			if (!wrong)
				break;
			fprintf(stderr, "nvgrace-gpu: --%s %s: %s\n", options[index].name, optarg,
				wrong);
			return EX_USAGE;
		case 'w':
			if (text_number(optarg ?: "2", &seconds) || !seconds || seconds > 3600)
				return wrong_usage("not 1 to 3600 seconds: ", optarg);
			arguments.watch = seconds;
			break;
		case 'c':
			arguments.check = optarg;
			break;
		case 'r':
			arguments.root = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("nvgrace-gpu " VERSION);
			return 0;
		default:
			return wrong_usage("see below", "");
		}
	}
	if (optind == argc)
		return wrong_usage("no command", "");
	command = find_command(argv[optind]);
	if (!command)
		return wrong_usage("there is no command ", argv[optind]);
	arguments.bdfs = argv + optind + 1;
	arguments.count = argc - optind - 1;
	return run(command, &arguments);
}
