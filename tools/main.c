// SPDX-License-Identifier: GPL-2.0-only
/*
 * nvgrace-gpu: GPUs of Grace Hopper and Grace Blackwell machines, for those who give
 * them to virtual machines.  See nvgrace-gpu(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/array.h"
#include "base/tree.h"
#include "guests/guest.h"
#include "moves/move.h"
#include "output/report.h"

/**
 * struct arguments - the command line
 * @json: --json
 * @all: --all
 * @force: --force
 * @explain: --explain
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
	const char *to;
	const char *output;
	struct guest_options guest;
	char **bdfs;
	int count;
};

static const char usage[] =
	"usage: nvgrace-gpu [--root DIR] COMMAND\n"
	"\n"
	"  list [--json]                     a line for each GPU\n"
	"  status [BDF...] [--json]          everything about them\n"
	"  doctor [--json]                   what keeps this machine from giving a GPU to a guest\n"
	"  metrics [--output FILE]           what an operator watches, as OpenMetrics text\n"
	"  bind BDF...|--all [--to DRIVER] [--force]\n"
	"                                    give GPUs to the driver for guests\n"
	"  unbind BDF...|--all [--to DRIVER] [--force]\n"
	"                                    take them away from it\n"
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

/* Those that are named, or all that there are; 0, or the exit status. */
static int read_gpus(struct gpus *gpus, const struct arguments *arguments)
{
	int ret;

	if (!arguments->count) {
		ret = gpus_read(gpus);
		if (!ret)
			return 0;
		fprintf(stderr, "nvgrace-gpu: PCI devices cannot be listed: %s\n", strerror(-ret));
		gpus_free(gpus);
		return 1;
	}
	*gpus = (struct gpus){};
	for (int i = 0; i < arguments->count; i++) {
		gpus->gpus = array_resize(gpus->gpus, gpus->count + 1, sizeof(*gpus->gpus));
		ret = gpu_read(&gpus->gpus[gpus->count], arguments->bdfs[i]);
		if (ret) {
			fprintf(stderr, "nvgrace-gpu: '%s' is not %s\n", arguments->bdfs[i],
				ret == -EINVAL ?
					"the address of a PCI function, such as 0009:01:00.0" :
				ret == -ENODEV ? "a GPU that the driver knows" :
						 "there");
			gpus_free(gpus);
			return 1;
		}
		for (size_t j = 0; j < gpus->count; j++) {
			if (strcmp(gpus->gpus[j].pci.bdf, gpus->gpus[gpus->count].pci.bdf))
				continue;
			fprintf(stderr, "nvgrace-gpu: '%s' is there twice\n", arguments->bdfs[i]);
			gpus_free(gpus);
			return 1;
		}
		gpus->count++;
	}
	return 0;
}

static int run_list(const struct gpus *gpus, const struct arguments *arguments)
{
	report_list(gpus, arguments->json);
	return 0;
}

static int run_status(const struct gpus *gpus, const struct arguments *arguments)
{
	report_status(gpus, arguments->json);
	return 0;
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
	});
}

static int run_unbind(const struct gpus *gpus, const struct arguments *arguments)
{
	return move(&(struct move_request){
		.gpus = gpus, .to = arguments->to, .all = arguments->all, .force = arguments->force,
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
 * @moves: it knows --all, --to and --force, and asks for --all or addresses
 * @guest: it knows the options of a guest
 * @named: it asks for addresses
 * @any: it takes addresses
 * @writes: it knows --output
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
} commands[] = {
	{ .name = "list", .run = run_list, .json = true },
	{ .name = "status", .run = run_status, .json = true, .any = true },
	{ .name = "metrics", .run = run_metrics, .writes = true },
	{ .name = "bind", .run = run_bind, .moves = true, .any = true },
	{ .name = "unbind", .run = run_unbind, .moves = true, .any = true },
	{ .name = "qemu", .run = run_qemu, .guest = true, .named = true, .any = true },
	{ .name = "libvirt", .run = run_libvirt, .guest = true, .named = true, .any = true },
	{ .name = "kubevirt", .run = run_kubevirt, .guest = true, .named = true, .any = true },
	{ .name = "nova", .run = run_nova, .guest = true, .named = true, .any = true },
	{ .name = "doctor", .json = true },
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
	struct gpus gpus;
	int ret;

	if ((arguments->json && !command->json) ||
	    (arguments->output && !command->writes) ||
	    ((arguments->all || arguments->to || arguments->force) && !command->moves) ||
	    ((arguments->explain || arguments->guest.given) && !command->guest))
		return wrong_usage("not an option of ", command->name);
	if (arguments->count && (!command->any || arguments->all))
		return wrong_usage("no addresses are wanted: ", arguments->bdfs[0]);
	if (!arguments->count && (command->named || (command->moves && !arguments->all)))
		return wrong_usage("which GPUs? ", command->name);
	if (arguments->to &&
	    (!arguments->to[0] || strchr(arguments->to, '/') || arguments->to[0] == '.'))
		return wrong_usage("not the name of a driver: ", arguments->to);
	if (!command->run)
		return doctor(arguments->json);

	ret = read_gpus(&gpus, arguments);
	if (ret)
		return ret;
	ret = command->run(&gpus, arguments);
	gpus_free(&gpus);
	return ret;
}

/* Else the next file that is opened would be one of them, and get what is said. */
static void open_standard_files(void)
{
	/* Kept until the end. */
	static int files[STDERR_FILENO + 1];

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* Anything that takes the place, where there is no /dev. */
		files[fd] = open("/dev/null", O_RDWR);
		if (files[fd] < 0)
			files[fd] = open("/", O_PATH);
		if (files[fd] != fd)
			exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "force", no_argument, NULL, 'f' },
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
		{ "claim", required_argument, NULL, 'g' },
		{ "release", required_argument, NULL, 'g' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{}
	};
	struct arguments arguments = { .guest = guest_options_default };
	const struct command *command;
	int option, index, ret;
	const char *wrong;

	open_standard_files();
	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
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
		case 'r':
			ret = tree_use(optarg);
			if (!ret)
				break;
			fprintf(stderr, "nvgrace-gpu: '%s' cannot be opened: %s\n", optarg,
				strerror(-ret));
			return 1;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'v':
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
	ret = run(command, &arguments);
	if (fflush(stdout) || ferror(stdout)) {
		perror("nvgrace-gpu: stdout");
		return 1;
	}
	return ret;
}
