/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: faults, and every change of the readiness state, which shows
 * resets and waits.  Under events/nvgrace_gpu/ in tracefs.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM nvgrace_gpu

#if !defined(NVGRACE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NVGRACE_TRACE_H

#include <linux/tracepoint.h>

#include "nvgrace_gpu.h"

TRACE_DEFINE_ENUM(NVGRACE_READY);
TRACE_DEFINE_ENUM(NVGRACE_PENDING);
TRACE_DEFINE_ENUM(NVGRACE_TIMED_OUT);
TRACE_DEFINE_ENUM(NVGRACE_RESETTING);

TRACE_EVENT(nvgrace_readiness,
	TP_PROTO(struct pci_dev *pdev, enum nvgrace_readiness_state state),
	TP_ARGS(pdev, state),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u16, dev_id)
		__field(int, state)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->dev_id = pci_dev_id(pdev);
		__entry->state = state;
	),
	TP_printk("%04x:%02x:%02x.%d %s", __entry->domain, PCI_BUS_NUM(__entry->dev_id),
		  PCI_SLOT(__entry->dev_id), PCI_FUNC(__entry->dev_id),
		  __print_symbolic(__entry->state,
				   { NVGRACE_READY, "ready" },
				   { NVGRACE_PENDING, "pending" },
				   { NVGRACE_TIMED_OUT, "timed-out" },
				   { NVGRACE_RESETTING, "resetting" }))
);

#define NVGRACE_FAULT_RESULT(name)	{ (__force unsigned long)VM_FAULT_##name, #name }

TRACE_EVENT(nvgrace_fault,
	TP_PROTO(const struct nvgrace_region *region, unsigned long address, unsigned int order,
		 unsigned long leaves, vm_fault_t result),
	TP_ARGS(region, address, order, leaves, result),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u16, dev_id)
		__field(unsigned int, index)
		__field(unsigned long, address)
		__field(unsigned int, order)
		__field(unsigned long, leaves)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(region->gpu->core.pdev->bus);
		__entry->dev_id = pci_dev_id(region->gpu->core.pdev);
		__entry->index = region->index;
		__entry->address = address;
		__entry->order = order;
		__entry->leaves = leaves;
		__entry->result = (__force unsigned int)result;
	),
	TP_printk("%04x:%02x:%02x.%d BAR%u address %#lx order %u leaves %lu: %s", __entry->domain,
		  PCI_BUS_NUM(__entry->dev_id), PCI_SLOT(__entry->dev_id),
		  PCI_FUNC(__entry->dev_id), __entry->index, __entry->address, __entry->order,
		  __entry->leaves,
		  __print_flags(__entry->result, "|",
				NVGRACE_FAULT_RESULT(OOM),
				NVGRACE_FAULT_RESULT(SIGBUS),
				NVGRACE_FAULT_RESULT(HWPOISON),
				NVGRACE_FAULT_RESULT(NOPAGE),
				NVGRACE_FAULT_RESULT(RETRY),
				NVGRACE_FAULT_RESULT(FALLBACK)))
);

#endif /* NVGRACE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
